/**
 * Starts, stops and starts anew what belongs to one app of ours, as an operator would with
 * `supervisorctl`, and waits until it is seen: by supervisord, and by the agent, which records that
 * somebody stopped it, or let it go again.
 *
 * Bounded in time; never throws; touches no group but that of the app.
 */
import type { SchedulerLike } from 'rxjs';
import { conflictingFile } from '../../../reducers/conflicts.ts';
import { mapGet } from '../../../reducers/persistentMap.ts';
import { isActive, isHeldProcess } from '../../../reducers/processes.ts';
import type { AppState } from '../../../reducers/appState.ts';
import type { State } from '../../../reducers/state.ts';
import type { Supervisor } from '../../clients/supervisor.ts';
import type { CallError } from '../../domain/event.ts';
import type { FleetAnswer } from '../../domain/fleet/fleetRequest.ts';
import type { Result } from '../../domain/result.ts';
import type { ProcessStatus } from '../../domain/types.ts';
import type { Loop } from '../../loop.ts';
import type { TurnsAside } from '../rollout/turnsAside.ts';
import { type ControlOrder, turnFor } from './turnFirst.ts';

export interface ControlDeps {
  readonly loop: Pick<Loop, 'current'>;
  readonly supervisor: Pick<Supervisor, 'getAllProcessInfo' | 'startProcesses' | 'stopProcesses'>;
  readonly scheduler: SchedulerLike;
  /** Its traffic goes elsewhere first, and hosts take turns, where it is published so. */
  readonly aside?: Pick<TurnsAside, 'begin' | 'end'> | undefined;
}

export type LastWord = Pick<FleetAnswer, 'detail'> & { readonly state: 'Done' | 'Failed' };

/** Why this is not for us to do here; undefined when it is. */
export function refusalOf(state: State, order: ControlOrder): string | undefined {
  const app = mapGet(state.appsByName, order.app);
  if (app?.file?.type !== 'Ours') {
    return mapGet(state.groups, order.app) === undefined
      ? `this host has no app ${order.app}`
      : `${order.app} is not managed by supervene here: use supervisorctl on the host`;
  }
  const foreign = conflictingFile(state.confDir.foreign, order.app);
  if (foreign !== undefined) return `${foreign} defines ${order.app} too, and is not ours`;
  if (state.supervisor.status !== 'Reachable') {
    const why = state.supervisor.error?.detail ?? 'it has not answered yet';
    return `supervisord cannot be reached: ${why}`;
  }
  const processes = mapGet(state.groups, order.app) ?? [];
  const { process } = order;
  if (process !== undefined && processes.every(({ id }) => id !== process)) {
    const ids = processes.slice(0, 10).map(({ id }) => id);
    return `${order.app} has no process ${process} here; it has ${ids.join(', ') || 'none'}`;
  }
  if (order.type === 'Stop' && state.settings?.operatorStops === 'restart') {
    return 'this host starts again whatever is stopped (reconcile.operatorStops = restart)';
  }
  return undefined;
}

/** How long it may take at most, in milliseconds. */
export function controlMaxMs(state: State, order: ControlOrder): number {
  const { type, app: name } = order;
  const app = mapGet(state.appsByName, name);
  const stopMs = type === 'Start' ? 0 : stopMaxMs(app);
  const startMs = type === 'Stop' ? 0 : startMaxMs(app);
  const turn = turnFor(state, order);
  const turnMs = turn === undefined ? 0 : turn.maxMs;
  return ownWorkMaxMs + turnMs + stopMs + startMs + recordMaxMs + 4 * callMaxMs;
}

export async function controlApp(deps: ControlDeps, order: ControlOrder): Promise<LastWord> {
  const { aside } = deps;
  const turn = aside && turnFor(deps.loop.current().state, order);
  if (aside === undefined || turn === undefined) return controlNow(deps, order);
  const refusal = await aside.begin(turn.wish, turn.maxMs);
  if (refusal !== undefined) return failed(refusal);
  try {
    return await controlNow(deps, order);
  } finally {
    // Until it is reported that nothing of it runs.
    const lingersMs = order.type === 'Stop' ? reportedMs : 0;
    deps.scheduler.schedule(() => aside.end(order.app), lingersMs);
  }
}

async function controlNow(deps: ControlDeps, order: ControlOrder): Promise<LastWord> {
  const look = (): State => deps.loop.current().state;
  const app = (): AppState | undefined => mapGet(look().appsByName, order.app);
  // Its own stops and starts must be over, or what we stop would be started again.
  await until(deps, ownWorkMaxMs, () => app()?.work === undefined);
  const refusal = refusalOf(look(), order);
  if (refusal !== undefined) return failed(refusal);
  if (app()?.work !== undefined && order.type !== 'Start') {
    return failed('the agent is changing it just now: try again, or see `supervene status`');
  }
  const before = await membersOf(deps, order);
  if (!before.ok) return failed(before.error.detail);
  if (before.value.length === 0) return failed(`supervisord knows no process of ${order.app}`);
  const ids = before.value.map(({ id }) => id);
  if (order.type === 'Start' && before.value.every(({ state }) => isUp(state))) {
    return done('', before.value, 'was running already');
  }
  if (order.type !== 'Start') {
    const fault = await stopAll(deps, order, before.value, stopMaxMs(app()));
    if (fault !== undefined) return failed(fault);
  }
  if (order.type === 'Stop') return afterStop(deps, before.value, app);
  const started = await deps.supervisor.startProcesses(ids);
  if (!started.ok) return failed(`not started: ${started.error.detail}`);
  if (started.value.length > 0) return failed(`not started: ${started.value.join('; ')}`);
  return afterStart(deps, order, app);
}

/** Resolves when none of them runs any more, with why not if they do not end. */
async function stopAll(
  deps: ControlDeps,
  order: ControlOrder,
  members: readonly ProcessStatus[],
  maxMs: number,
): Promise<string | undefined> {
  const running = members.filter(({ state }) => isActive(state) && state !== 'STOPPING');
  const asked = await deps.supervisor.stopProcesses(running.map(({ id }) => id));
  if (!asked.ok) return `not stopped: ${asked.error.detail}`;
  if (asked.value.length > 0) return `not stopped: ${asked.value.join('; ')}`;
  let last = members;
  const isOver = await until(deps, maxMs, async () => {
    const seen = await membersOf(deps, order);
    if (seen.ok) last = seen.value;
    return seen.ok && seen.value.every(({ state }) => !isActive(state));
  });
  return isOver ? undefined : `it does not stop: ${describeAll(last)}`;
}

async function afterStop(
  { loop, scheduler }: ControlDeps,
  members: readonly ProcessStatus[],
  app: () => AppState | undefined,
): Promise<LastWord> {
  const wasUp = members.filter(({ state }) => isActive(state));
  if (wasUp.length === 0) return { state: 'Done', detail: `did not run: ${describeAll(members)}` };
  if (loop.current().state.settings?.operatorStops !== 'hold') {
    return { state: 'Done', detail: 'stopped; new content or supervisord may start it again' };
  }
  const isRecorded = await until({ scheduler }, recordMaxMs, () => {
    const now = app();
    const { hold } = now ?? {};
    const isHeld = hold !== undefined && wasUp.every(({ id }) => isHeldProcess(hold, id));
    return isHeld && isFileHeld(now, true);
  });
  if (isRecorded) return { state: 'Done', detail: 'stopped, until somebody starts it' };
  const fault = loop.current().plan.held.find((held) => held.app === undefined);
  const why = fault === undefined ? '' : `: ${fault.reason}`;
  return { state: 'Done', detail: `stopped; not yet recorded in its file${why}` };
}

async function afterStart(
  deps: ControlDeps,
  order: ControlOrder,
  app: () => AppState | undefined,
): Promise<LastWord> {
  const verb = order.type === 'Restart' ? 'restarted' : 'started';
  let last: readonly ProcessStatus[] = [];
  await until(deps, startMaxMs(app()), async () => {
    const seen = await membersOf(deps, order);
    if (seen.ok) last = seen.value;
    return seen.ok && seen.value.every(({ state }) => isSettled(state));
  });
  const isFine = last.length > 0 && last.every(isAsItShould);
  if (!isFine) return failed(`${verb}, but it does not run: ${describeAll(last)}`);
  const ids = new Set(last.map(({ id }) => id));
  const isReleased = await until(deps, recordMaxMs, () => {
    const now = app();
    const isHeld = now?.hold !== undefined && [...ids].some((id) => isHeldIn(now, id));
    return !isHeld && (now?.hold !== undefined || isFileHeld(now, false));
  });
  const word = done(verb, last);
  if (isReleased) return word;
  return { ...word, detail: `${word.detail}; its file does not yet say that it may run` };
}

function isHeldIn({ hold }: AppState, id: string): boolean {
  return hold !== undefined && isHeldProcess(hold, id);
}

/** Whether the file on disk keeps it stopped. Where both texts are one, either is right. */
function isFileHeld(app: AppState | undefined, wanted: boolean): boolean {
  const { written, file } = app ?? {};
  if (written === undefined || file?.type !== 'Ours') return false;
  return file.sha256 === (wanted ? written.heldSha256 : written.sha256);
}

async function membersOf(
  { supervisor }: ControlDeps,
  { app, process }: ControlOrder,
): Promise<Result<readonly ProcessStatus[], CallError>> {
  const all = await supervisor.getAllProcessInfo();
  if (!all.ok) return all;
  const isMember = ({ group, id }: ProcessStatus): boolean =>
    group === String(app) && (process === undefined || id === process);
  return { ok: true, value: all.value.filter(isMember) };
}

function isUp(state: ProcessStatus['state']): boolean {
  return state === 'RUNNING' || state === 'STARTING';
}

function isSettled(state: ProcessStatus['state']): boolean {
  return state !== 'STARTING' && state !== 'BACKOFF' && state !== 'STOPPING';
}

/** One that ended as its content says it may has done what it was started for. */
function isAsItShould({ state, spawnError }: ProcessStatus): boolean {
  return state === 'RUNNING' || (state === 'EXITED' && spawnError === '');
}

function failed(detail: string): LastWord {
  return { state: 'Failed', detail };
}

function done(verb: string, members: readonly ProcessStatus[], otherwise = verb): LastWord {
  return { state: 'Done', detail: `${otherwise}, ${describeAll(members)}` };
}

/** `RUNNING as process 4711`; for several what they are, by state. */
function describeAll(members: readonly ProcessStatus[]): string {
  const [first, second] = members;
  if (first === undefined) return 'supervisord shows no process of it';
  if (second === undefined) return describeOne(first);
  const states = [...new Set(members.map(({ state }) => state))];
  return states
    .map((wanted) =>
      describeSome(
        wanted,
        members.filter(({ state }) => state === wanted),
      ),
    )
    .join('; ');
}

function describeSome(state: string, some: readonly ProcessStatus[]): string {
  const names = some.slice(0, 8).map(({ name, pid }) => (pid === 0 ? name : `${name} ${pid}`));
  const more = some.length > names.length ? ', …' : '';
  return `${some.length} ${state} (${names.join(', ')}${more})`;
}

function describeOne({ state, pid, spawnError }: ProcessStatus): string {
  const process = pid === 0 ? '' : ` as process ${pid}`;
  return `${state}${process}${spawnError === '' ? '' : `: ${spawnError}`}`;
}

const ownWorkMaxMs = 10_000;
const reportedMs = 3_000;
/** Between a look at the processes and the file that follows from it. */
const recordMaxMs = 6_000;
const callMaxMs = 5_000;

function stopMaxMs(app: AppState | undefined): number {
  return ((app?.written?.facts.stopwaitsecs ?? 10) + 5) * 1_000;
}

/** All tries that supervisord makes, which waits a second longer before each. */
function startMaxMs(app: AppState | undefined): number {
  const { startsecs = 1, startretries = 3 } = app?.written?.facts ?? {};
  const pausesSec = (startretries * (startretries + 1)) / 2;
  const triesSec = (startsecs + 1) * (startretries + 1);
  return Math.min(Math.max(triesSec + pausesSec + 5, startsecs + 10), 900) * 1_000;
}

/** Any look wakes supervisord's loop, so what is waited for comes sooner. */
const lookEachMs = 50;

/** Whether it came true in time. */
async function until(
  { scheduler }: Pick<ControlDeps, 'scheduler'>,
  maxMs: number,
  isTrue: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const endMs = scheduler.now() + maxMs;
  for (;;) {
    if (await isTrue()) return true;
    if (scheduler.now() >= endMs) return false;
    await new Promise<void>((resolve) => {
      scheduler.schedule(() => resolve(), lookEachMs);
    });
  }
}
