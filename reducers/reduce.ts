/**
 * The one way from event to event: `reduce(state, recorded)` is pure and total.
 *
 * Read top to bottom: time passes first, then the event is folded in, then what it touched is
 * settled. An event on one app costs the same with 10 or 10,000 of them.
 */
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
import { onHealthChecked } from './health.ts';
import { onIdentityObserved, onRemovalsConfirmed } from './identity.ts';
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
import { onRereadDone, onRereadFailed, onRereadRefused } from './reread.ts';
import { settleTouched } from './settle.ts';
import type { State } from './state.ts';
import { touchWhatIsDue } from './settle.ts';
import { onTurnAwaited, onTurnEnded, onTurnTaken } from './turns.ts';

export function reduce(state: State, recorded: Recorded): State {
  const atMs = Math.max(state.atMs, recorded.atMs);
  const editing = startEditing({ ...state, seq: recorded.seq, atMs }, atMs);
  // A change that comes late, because the agent was busy, still belongs to its burst.
  if (recorded.event.type !== 'DesiredChanged') closeQuietWindowIfDue(editing);
  fold(editing, recorded.event);
  closeQuietWindowIfDue(editing);
  settleTouched(editing);
  return editing.state;
}

type Handlers = {
  readonly [Type in Event['type']]: (
    editing: Editing,
    event: Extract<Event, { type: Type }>,
  ) => void;
};

/** A new event type does not compile until it stands here. */
const handlers: Handlers = {
  AgentStarted: (editing, event) => {
    onAgentStarted(editing, event);
    reinterpretAll(editing, true);
  },
  DesiredListed: onDesiredListed,
  DesiredChanged: onDesiredChanged,
  DesiredLost: onDesiredLost,
  IdentityObserved: onIdentityObserved,
  ProcessesListed: onProcessesListed,
  ProcessesChanged: onProcessesChanged,
  SupervisorLost: onSupervisorLost,
  ConfFilesListed: onConfFilesListed,
  ConfFilesChanged: onConfFilesChanged,
  ConfDirLost: onConfDirLost,
  PlanStarted: onPlanStarted,
  HostProbed: onHostProbed,
  FileWritten: onFileWritten,
  FileRemoved: onFileRemoved,
  FileFailed: onFileFailed,
  RereadDone: onRereadDone,
  RereadRefused: onRereadRefused,
  RereadFailed: onRereadFailed,
  StopsRequested: onStopsRequested,
  StopsFailed: (editing, { app, error }) => onCallFailed(editing, app, error),
  GroupsUpdated: onGroupsUpdated,
  StartsRequested: onStartsRequested,
  StartsFailed: (editing, { app, error }) => onCallFailed(editing, app, error),
  PlanFinished: onPlanFinished,
  TurnAwaited: onTurnAwaited,
  TurnTaken: onTurnTaken,
  TurnEnded: onTurnEnded,
  HealthChecked: onHealthChecked,
  RetryRequested: onRetryRequested,
  RemovalsConfirmed: onRemovalsConfirmed,
  Ticked: touchWhatIsDue,
};

function fold<Type extends Event['type']>(
  editing: Editing,
  event: Extract<Event, { type: Type }>,
): void {
  const type: Type = event.type;
  handlers[type](editing, event);
}

/** Folds a whole journal; for tests and replay. */
export function reduceAll(state: State, records: Iterable<Recorded>): State {
  let next = state;
  for (const recorded of records) next = reduce(next, recorded);
  return next;
}
