/**
 * What an event of the journal says to people: what was learned, what was decided and why, what was
 * done and how it ended, and what is held since.
 */
import { mapChangedKeys, mapGet } from '../../../reducers/persistentMap.ts';
import { planOf } from '../../../reducers/planOf.ts';
import type { State } from '../../../reducers/state.ts';
import { assertNever } from '../../domain/assertNever.ts';
import type { Event, Recorded } from '../../domain/event.ts';
import type { Plan } from '../../domain/plan.ts';
import {
  filesChangedRemarks,
  filesListedRemarks,
  processesListedRemarks,
  processRemarks,
} from './actualRemarks.ts';
import {
  changedRemarks,
  identityRemarks,
  learned,
  listedRemarks,
  lostRemarks,
} from './desiredRemarks.ts';
import { type HeldByKey, heldByKey, heldRemarks, withWhatLasts } from './heldRemarks.ts';
import { outcomeRemarks, planRemarks } from './planRemarks.ts';
import type { Remark, Telling } from './remark.ts';

export interface Narrator {
  /** Where the story begins: what is held there is no news. */
  readonly begin: (state: State) => void;
  /** In the order of the journal, with the states around it. */
  readonly tell: (recorded: Recorded, before: State, after: State) => Telling;
}

export function createNarrator(): Narrator {
  let held: HeldByKey = new Map();
  let planStartedMs: number | undefined;
  let writing: ReadonlyMap<string, string> = new Map();
  return {
    begin: (state) => {
      held = heldByKey(planOf(state).held);
      planStartedMs = undefined;
    },
    tell: ({ seq, atMs, event }, before, after) => {
      if (event.type === 'PlanStarted') {
        planStartedMs = atMs;
        writing = writtenBy(event.plan);
      }
      const tookMs = planStartedMs === undefined ? undefined : atMs - planStartedMs;
      const now = withWhatLasts(held, heldByKey(planOf(after).held), after);
      const remarks = [
        ...eventRemarks(event, before, after, { tookMs, writing }),
        ...provenRemarks(before, after),
        ...heldRemarks(held, now),
      ];
      held = now;
      if (event.type === 'PlanFinished') planStartedMs = undefined;
      return { seq, atMs, type: event.type, remarks };
    },
  };
}

interface PlanInHand {
  /** Since it began, in milliseconds. */
  readonly tookMs: number | undefined;
  readonly writing: ReadonlyMap<string, string>;
}

/** Hashes of file texts by app. */
function writtenBy({ steps }: Plan): ReadonlyMap<string, string> {
  return new Map(
    steps.flatMap((step) => (step.type === 'WriteFile' ? [[step.app, step.sha256] as const] : [])),
  );
}

function eventRemarks(
  event: Event,
  before: State,
  after: State,
  { tookMs, writing }: PlanInHand,
): readonly Remark[] {
  switch (event.type) {
    case 'AgentStarted':
      return startedRemarks(event, before);
    case 'DesiredListed':
      return listedRemarks(event, before, after);
    case 'DesiredChanged':
      return changedRemarks(event, before, after);
    case 'DesiredLost':
      return lostRemarks(event);
    case 'IdentityObserved':
      return identityRemarks(before, after);
    case 'ProcessesListed':
      return processesListedRemarks(event, before, after);
    case 'ProcessesChanged':
      return processRemarks(before, after);
    case 'SupervisorLost':
      return [
        learned(undefined, `supervisord is lost: ${event.error.type}: ${event.error.detail}`),
      ];
    case 'ConfFilesListed':
      return filesListedRemarks(event);
    case 'ConfFilesChanged':
      return filesChangedRemarks(event, before, after, writing);
    case 'ConfDirLost':
      return [learned(undefined, `the conf directory cannot be used: ${event.detail}`)];
    case 'PlanStarted':
      return planRemarks(event.plan);
    case 'TurnAwaited':
      return [learned(event.app, `it has no turn yet: ${event.detail}`)];
    case 'TurnTaken':
      return [learned(event.app, 'it has its turn, and its traffic has gone elsewhere')];
    case 'TurnEnded':
      return [learned(event.app, 'its turn is given on')];
    case 'HealthChecked': {
      const said = event.isHealthy ? 'is healthy' : 'is not healthy';
      return [learned(event.app, `it ${said}: ${event.detail}`)];
    }
    case 'RetryRequested':
      return [learned(event.app, `${event.by} asks to try it again`)];
    case 'RemovalsConfirmed':
      return [learned(undefined, `${event.by} confirms what waits to be removed`)];
    case 'Ticked':
      return [];
    case 'HostProbed':
      return outcomeRemarks(event, tookMs).map((remark) =>
        isKnownRefusal(event, before) ? { ...remark, isRoutine: true } : remark,
      );
    case 'FileWritten':
    case 'FileRemoved':
    case 'FileFailed':
    case 'RereadDone':
    case 'RereadRefused':
    case 'RereadFailed':
    case 'StopsRequested':
    case 'StopsFailed':
    case 'GroupsUpdated':
    case 'StartsRequested':
    case 'StartsFailed':
    case 'PlanFinished':
      return outcomeRemarks(event, tookMs);
    default:
      return assertNever(event);
  }
}

/** The host is asked again and again, and says the same. */
function isKnownRefusal(
  { app, contentSha256, refusals }: Extract<Event, { type: 'HostProbed' }>,
  before: State,
): boolean {
  const quarantines = mapGet(before.appsByName, app)?.quarantines ?? [];
  return quarantines.some(
    ({ sha256, by, code }) =>
      sha256 === contentSha256 && by === 'Host' && code === refusals[0]?.code,
  );
}

function startedRemarks(
  { version, pid }: Extract<Event, { type: 'AgentStarted' }>,
  before: State,
): readonly Remark[] {
  const open =
    before.running === undefined ? '' : `; the one before it ended within ${before.running}`;
  return [
    learned(undefined, `the agent starts, version ${version}, process ${String(pid)}${open}`),
  ];
}

/** A version that proved itself, and one that did not. */
function provenRemarks(before: State, after: State): readonly Remark[] {
  return mapChangedKeys(before.appsByName, after.appsByName).flatMap((name): readonly Remark[] => {
    const [was, is] = [mapGet(before.appsByName, name), mapGet(after.appsByName, name)];
    if (was?.trial === undefined || is === undefined || is.trial !== undefined) return [];
    const { version } = was.trial;
    if (is.lastGood?.sha256 === version.sha256 && is.failure === undefined) {
      return [{ kind: 'done', app: name, text: `runs well: revision ${version.revision} is good` }];
    }
    if (is.failure === undefined) return [];
    const text = `did not prove itself: ${is.failure}`;
    return [{ kind: 'failed', app: name, text }];
  });
}
