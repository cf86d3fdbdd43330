/**
 * Acts on what is asked of this host through etcd, each time at most once.
 *
 * A request is taken away in one transaction with the answer `Accepted`; only then is it acted on.
 * Where etcd did not say whether that was done, nothing is. What concerns one app is done in order,
 * and waits for nothing else; more than a few at a time are refused. Never throws.
 */
import type { SchedulerLike } from 'rxjs';
import { mapGet, mapHas } from '../../../reducers/persistentMap.ts';
import type { State } from '../../../reducers/state.ts';
import { type RequestsEvent, watchRequests } from '../../../streams/watchRequests.ts';
import type { EtcdClient } from '../../clients/etcd.ts';
import { assertNever } from '../../domain/assertNever.ts';
import type { FleetAnswer, FleetOrder, FleetRequest } from '../../domain/fleet/fleetRequest.ts';
import { parseRequest, whoAsks } from '../../domain/fleet/requestCodec.ts';
import type { AppName } from '../../domain/types.ts';
import { failLoudly } from '../../fault.ts';
import type { Log } from '../../log/log.ts';
import type { Loop } from '../../loop.ts';
import { type Answers, createAnswers } from './answers.ts';
import { type ControlDeps, controlApp, controlMaxMs, refusalOf } from './controlApp.ts';
import { createQueue, type Queue } from './requestQueue.ts';

export interface RequestDeps {
  readonly etcd: Pick<EtcdClient, 'range' | 'txn' | 'openWatch' | 'leases'>;
  readonly loop: Pick<Loop, 'current' | 'dispatch'>;
  readonly supervisor: ControlDeps['supervisor'];
  readonly aside?: ControlDeps['aside'];
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

export interface RequestOptions {
  readonly fleetPrefix: string;
  readonly host: string;
  /** Nothing may happen here that was not signed. */
  readonly isEnforced: boolean;
}

export interface Requests {
  /** Takes no more; resolves when what is under way is over, or after 2 s. */
  stop(): Promise<void>;
}

/** Seen and not yet looked at. */
const waitingMax = 1_000;
/** By the clocks of two machines; a request lives for seconds, unless it was written without a lease. */
const ageMaxMs = 600_000;
const endMs = 2_000;
const sayEachMs = 300_000;

type Asked = Extract<RequestsEvent, { type: 'Asked' }>;

export function handleRequests(deps: RequestDeps, options: RequestOptions): Requests {
  const { log, scheduler } = deps;
  const answers = createAnswers(deps, options);
  const waiting: Asked[] = [];
  const inHand = new Set<string>();
  const queue = createQueue();
  let isTaking = false;
  let isOver = false;

  const takeAll = async (): Promise<void> => {
    if (isTaking) return;
    isTaking = true;
    for (let next = waiting.shift(); next !== undefined && !isOver; next = waiting.shift()) {
      await take(deps, options, { answers, queue }, next);
      inHand.delete(nameOf(next));
    }
    isTaking = false;
  };

  const tell = createTelling(log, () => scheduler.now());
  const subscription = watchRequests(
    { ...deps.etcd, scheduler, random: deps.random },
    { fleetPrefix: options.fleetPrefix, host: options.host },
  ).subscribe({
    next: (event) => {
      tell(event);
      if (event.type !== 'Asked' || inHand.has(nameOf(event))) return;
      if (waiting.length >= waitingMax) return;
      inHand.add(nameOf(event));
      waiting.push(event);
      void takeAll();
    },
    error: failLoudly,
  });
  return {
    stop: async () => {
      isOver = true;
      subscription.unsubscribe();
      const timeUp = new Promise<void>((resolve) => {
        scheduler.schedule(() => resolve(), endMs);
      });
      await Promise.race([queue.drained(), timeUp]);
      answers.close();
    },
  };
}

/** What was put in one transaction has one revision. */
function nameOf({ id, modRevision }: Asked): string {
  return `${id} ${modRevision}`;
}

/** Resolves when it is taken on or refused, before it is acted on. */
async function take(
  deps: RequestDeps,
  options: RequestOptions,
  { answers, queue }: { readonly answers: Answers; readonly queue: Queue },
  { id, modRevision, value }: Asked,
): Promise<void> {
  const { log, loop, scheduler } = deps;
  const parsed = parseRequest(id, value);
  const moment = { state: loop.current().state, nowMs: scheduler.now() };
  const refusal = parsed.ok ? whyNot(parsed.value, moment, options, queue) : parsed.error;
  if (!parsed.ok || refusal !== undefined) {
    const detail = refusal ?? '';
    const isAnswered = await answers.accept({ id, modRevision }, { id, state: 'Refused', detail });
    if (isAnswered) log.warn({ id, ...summary(parsed) }, `a request was refused: ${detail}`);
    return;
  }
  const { order } = parsed.value;
  const maxMs = maxMsOf(moment.state, order);
  const withinSec = Math.ceil((maxMs + queue.owedMs(order)) / 1_000);
  const detail = 'the agent has taken it on';
  const answer: FleetAnswer = { id, state: 'Accepted', detail, withinSec };
  if (!(await answers.accept({ id, modRevision }, answer))) return;
  const by = whoAsks(parsed.value);
  log.info({ id, by, ...order }, 'taken on, asked through etcd');
  queue.add(order, maxMs, async () => {
    const word = await act(deps, order, by);
    log.info({ id, by, ...order, state: word.state }, word.detail);
    await answers.put({ id, ...word });
  });
}

function summary(parsed: ReturnType<typeof parseRequest>): Readonly<Record<string, unknown>> {
  return parsed.ok ? { by: whoAsks(parsed.value), ...parsed.value.order } : {};
}

function whyNot(
  { order, atMs }: FleetRequest,
  { state, nowMs }: { readonly state: State; readonly nowMs: number },
  { isEnforced, host }: RequestOptions,
  queue: Queue,
): string | undefined {
  const ageMs = nowMs - atMs;
  if (Math.abs(ageMs) > ageMaxMs) {
    const minutes = Math.round(Math.abs(ageMs) / 60_000);
    const when = ageMs > 0 ? 'ago' : 'ahead';
    return `it was made ${minutes} minutes ${when} by the clock of ${host}: too old, or a clock is wrong`;
  }
  if (order.type === 'Confirm' && isEnforced) {
    return `trust.mode = enforce: not through etcd; run \`supervene confirm\` on ${host}`;
  }
  if (order.type === 'Retry' && !mapHas(state.appsByName, order.app)) {
    return `no app ${order.app} on this host`;
  }
  const isControl = order.type !== 'Confirm' && order.type !== 'Retry';
  return (isControl ? refusalOf(state, order) : undefined) ?? queue.whyFull(order);
}

function maxMsOf(state: State, order: FleetOrder): number {
  return order.type === 'Confirm' || order.type === 'Retry' ? 1_000 : controlMaxMs(state, order);
}

async function act(
  deps: RequestDeps,
  order: FleetOrder,
  by: string,
): Promise<Pick<FleetAnswer, 'state' | 'detail'>> {
  const { loop } = deps;
  try {
    switch (order.type) {
      case 'Confirm': {
        const count = loop.current().plan.held.filter(({ code }) => removalCodes.has(code)).length;
        loop.dispatch({ type: 'RemovalsConfirmed', by });
        if (count === 0) return { state: 'Done', detail: 'no removal was held' };
        const what = count === 1 ? 'the removal that was' : `the ${count} removals that were`;
        return { state: 'Done', detail: `${what} held may happen` };
      }
      case 'Retry': {
        const isInTrouble = hasTrouble(loop.current().state, order.app);
        loop.dispatch({ type: 'RetryRequested', app: order.app, by });
        if (isInTrouble) return { state: 'Done', detail: 'the agent tries again' };
        return { state: 'Done', detail: 'nothing was quarantined, and nothing had failed' };
      }
      case 'Start':
      case 'Stop':
      case 'Restart':
        return await controlApp(deps, order);
      default:
        return assertNever(order);
    }
  } catch (error) {
    return { state: 'Failed', detail: `unexpected: ${String(error)}` };
  }
}

/** Something of it is refused, or waits for its next try, or is down. */
function hasTrouble({ appsByName, groups }: State, name: AppName): boolean {
  const app = mapGet(appsByName, name);
  if (app === undefined) return false;
  const { quarantines, failure, attempt } = app;
  if (quarantines.length > 0 || failure !== undefined || attempt !== undefined) return true;
  const processes = mapGet(groups, name) ?? [];
  return processes.some(({ state }) => state === 'FATAL' || state === 'EXITED');
}

const removalCodes: ReadonlySet<string> = new Set(['MassRemoval', 'RemovalUnconfirmed']);

/** Outages are said, but not each of many, and that they are over; a strange key once. */
function createTelling(log: Log, nowMs: () => number): (event: RequestsEvent) => void {
  let isLost = false;
  let saidAtMs = -Infinity;
  let isToldOfStrange = false;
  return (event) => {
    if (event.type === 'Lost') {
      const { reason, detail } = event;
      if (isLost || nowMs() - saidAtMs < sayEachMs) return;
      log.warn({ reason }, `nothing can be asked of this host: ${detail}`);
      isLost = true;
      saidAtMs = nowMs();
    } else if (event.type === 'Listed') {
      if (isLost) log.info({}, 'this host can be asked again');
      isLost = false;
    } else if (event.type === 'Strange' && !isToldOfStrange) {
      log.warn({ key: event.key.slice(0, 200) }, 'a key among the requests is none');
      isToldOfStrange = true;
    }
  };
}
