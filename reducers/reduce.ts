/**
 * The one way from event to event: `reduce(state, recorded)` is pure and total.
 *
 * Read top to bottom: time passes first, then the event is folded in, then what it touched is
 * settled. An event on one app costs the same with 10 or 10,000 of them.
 */
import { assertNever } from '../src/domain/assertNever.ts';
import type { Event, Recorded } from '../src/domain/event.ts';
import {
  onConfDirLost,
  onConfFilesChanged,
  onConfFilesListed,
  onProcessesChanged,
  onProcessesListed,
  onSupervisorLost,
} from './actual.ts';
import {
  closeQuietWindowIfDue,
  onDesiredChanged,
  onDesiredListed,
  onDesiredLost,
  reinterpretAll,
} from './desired.ts';
import { type Editing, startEditing } from './editing.ts';
import { onIdentityObserved } from './identity.ts';
import {
  onAgentStarted,
  onCallFailed,
  onFileFailed,
  onFileRemoved,
  onFileWritten,
  onGroupsUpdated,
  onHostProbed,
  onPlanFinished,
  onPlanStarted,
  onRetryRequested,
  onStartsRequested,
  onStopsRequested,
} from './outcomes.ts';
import { onRemovalsConfirmed } from './removals.ts';
import { onRereadDone, onRereadFailed, onRereadRefused } from './reread.ts';
import { settleTouched } from './settle.ts';
import type { State } from './state.ts';
import { touchWhatIsDue } from './settle.ts';

export function reduce(state: State, recorded: Recorded): State {
  const atMs = Math.max(state.atMs, recorded.atMs);
  const editing = startEditing({ ...state, seq: recorded.seq, atMs }, atMs);
  closeQuietWindowIfDue(editing);
  fold(editing, recorded.event);
  settleTouched(editing);
  return editing.state;
}

function fold(editing: Editing, event: Event): void {
  switch (event.type) {
    case 'AgentStarted':
      onAgentStarted(editing, event);
      return reinterpretAll(editing, true);
    case 'DesiredListed':
      return onDesiredListed(editing, event);
    case 'DesiredChanged':
      return onDesiredChanged(editing, event);
    case 'DesiredLost':
      return onDesiredLost(editing, event);
    case 'IdentityObserved':
      return onIdentityObserved(editing, event);
    case 'ProcessesListed':
      return onProcessesListed(editing, event);
    case 'ProcessesChanged':
      return onProcessesChanged(editing, event);
    case 'SupervisorLost':
      return onSupervisorLost(editing, event);
    case 'ConfFilesListed':
      return onConfFilesListed(editing, event);
    case 'ConfFilesChanged':
      return onConfFilesChanged(editing, event);
    case 'ConfDirLost':
      return onConfDirLost(editing, event);
    case 'RetryRequested':
      return onRetryRequested(editing, event);
    case 'RemovalsConfirmed':
      return onRemovalsConfirmed(editing);
    case 'Ticked':
      return touchWhatIsDue(editing);
    default:
      return foldOutcome(editing, event);
  }
}

type Outcome = Extract<
  Event,
  {
    type:
      | 'PlanStarted'
      | 'HostProbed'
      | 'FileWritten'
      | 'FileRemoved'
      | 'FileFailed'
      | 'RereadDone'
      | 'RereadRefused'
      | 'RereadFailed'
      | 'StopsRequested'
      | 'StopsFailed'
      | 'GroupsUpdated'
      | 'StartsRequested'
      | 'StartsFailed'
      | 'PlanFinished';
  }
>;

function foldOutcome(editing: Editing, event: Outcome): void {
  switch (event.type) {
    case 'PlanStarted':
      return onPlanStarted(editing, event);
    case 'HostProbed':
      return onHostProbed(editing, event);
    case 'FileWritten':
      return onFileWritten(editing, event);
    case 'FileRemoved':
      return onFileRemoved(editing, event);
    case 'FileFailed':
      return onFileFailed(editing, event);
    case 'RereadDone':
      return onRereadDone(editing, event);
    case 'RereadRefused':
      return onRereadRefused(editing, event);
    case 'RereadFailed':
      return onRereadFailed(editing, event);
    case 'StopsRequested':
      return onStopsRequested(editing, event);
    case 'StopsFailed':
    case 'StartsFailed':
      return onCallFailed(editing, event.app, event.error);
    case 'GroupsUpdated':
      return onGroupsUpdated(editing, event);
    case 'StartsRequested':
      return onStartsRequested(editing, event);
    case 'PlanFinished':
      return onPlanFinished(editing);
    default:
      return assertNever(event);
  }
}

/** Folds a whole journal; for tests and replay. */
export function reduceAll(state: State, records: Iterable<Recorded>): State {
  let next = state;
  for (const recorded of records) next = reduce(next, recorded);
  return next;
}
