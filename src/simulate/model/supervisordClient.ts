/**
 * The way from one life of an agent to a model supervisord: the `Supervisor` of
 * `src/clients/supervisor.ts` and the `supervisorctl` that its driver runs, with latency, lost calls
 * and lost replies, and time-outs. After `kill` nothing settles any more.
 */
import { type SchedulerLike, Subscription } from 'rxjs';
import type { CommandOutcome, runCommand } from '../../../effects/drivers/runCommand.ts';
import { describeNetworkError } from '../../clients/callErrors.ts';
import type { ItemFailure, RereadDiff, RereadError, Supervisor } from '../../clients/supervisor.ts';
import { faultError } from '../../clients/xmlRpc.ts';
import { parseCantReread } from '../../domain/cantReread.ts';
import type { CallError } from '../../domain/event.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Rng } from '../kernel/rng.ts';
import type { Diff, Fault } from './supervisordCalls.ts';
import type { SupervisordModel } from './supervisordModel.ts';
import { startUpdate } from './supervisordUpdate.ts';

/** May be changed at any time; concerns what is sent afterwards. Spans: from, to. */
export interface SupervisordWire {
  callMs: readonly [number, number];
  /** 0 costs no step of the kernel. */
  replyMs: readonly [number, number];
  /** The connection breaks before the call gets there. */
  callLossChance: number;
  /** The call is carried out and its reply never comes. */
  replyLossChance: number;
  /** Python's start, for each run of supervisorctl. */
  ctlStartUpMs: readonly [number, number];
}

export function calmWire(): SupervisordWire {
  return {
    callMs: [1, 3],
    replyMs: [0, 0],
    callLossChance: 0,
    replyLossChance: 0,
    ctlStartUpMs: [150, 300],
  };
}

export interface SupervisordClientDeps {
  readonly model: SupervisordModel;
  readonly scheduler: SchedulerLike;
  readonly rng: Rng;
  readonly wire: SupervisordWire;
}

export interface SupervisordClient {
  readonly supervisor: Supervisor;
  /** For `createSupervisorctlDriver`. */
  readonly runCommand: typeof runCommand;
  /** SIGKILL for every supervisorctl that runs now; how many there were. */
  readonly killCommands: () => number;
  /** The agent has crashed; what it had started dies with it. */
  readonly kill: () => void;
}

/** Who asks, in the news of the model. */
export const byAgent = 'agent';

const callTimeoutMs = 5_000;
const callsMaxPerRound = 50;
const address = { type: 'Unix', socketPath: '/run/s.sock', name: '/run/s.sock' } as const;

export function createSupervisordClient(deps: SupervisordClientDeps): SupervisordClient {
  const life = new Subscription();
  const commands = createCommands(deps, life);
  return {
    supervisor: createModelSupervisor(deps, life),
    ...commands,
    kill: () => life.unsubscribe(),
  };
}

type Exchange = <Value>(method: string, work: () => Value) => Promise<Result<Value, CallError>>;

function createModelSupervisor(deps: SupervisordClientDeps, life: Subscription): Supervisor {
  const { model } = deps;
  const { calls } = model;
  const exchange = createExchange(deps, life);
  const forEach = async (
    method: string,
    names: readonly string[],
    work: (name: string) => Result<unknown, Fault>,
    fine: readonly number[],
  ): Promise<Result<readonly ItemFailure[], CallError>> => {
    const failures: ItemFailure[] = [];
    for (let from = 0; from < names.length; from += callsMaxPerRound) {
      const round = names.slice(from, from + callsMaxPerRound);
      const replies = await exchange(method, () => calls.together(() => round.map(work)));
      if (!replies.ok) return replies;
      replies.value.forEach((reply, index) => {
        if (reply.ok || fine.includes(reply.error.faultCode)) return;
        failures.push({ name: round[index] ?? '', error: errorOf(reply.error) });
      });
    }
    return ok(failures);
  };
  const single = async <Value>(method: string, work: () => Result<Value, Fault>) => {
    const reply = await exchange(method, work);
    if (!reply.ok) return reply;
    return reply.value.ok ? reply.value : err(errorOf(reply.value.error));
  };
  return {
    getAllProcessInfo: () => single('supervisor.getAllProcessInfo', calls.getAllProcessInfo),
    getInstance: async () => {
      const fingerprint = model.fingerprint();
      const found = await single('system.multicall', calls.getInstance);
      if (!found.ok) return found;
      return ok({ ...found.value, instance: `${String(found.value.pid)}/${fingerprint}` });
    },
    fingerprint: model.fingerprint,
    reloadConfig: async () => {
      const reply = await exchange('supervisor.reloadConfig', calls.reloadConfig);
      return reply.ok ? rereadOf(reply.value) : reply;
    },
    stopProcesses: async (ids) =>
      asTexts(
        await forEach('system.multicall', ids, (id) => calls.stopProcess(id, byAgent), [70, 10]),
      ),
    startProcesses: async (ids) =>
      asTexts(
        await forEach('system.multicall', ids, (id) => calls.startProcess(id, byAgent), [60]),
      ),
    removeGroups: (names) => forEach('system.multicall', names, calls.removeProcessGroup, []),
    addGroups: (names) => forEach('system.multicall', names, calls.addProcessGroup, []),
    close: () => life.unsubscribe(),
  };
}

function errorOf({ faultCode, text }: Fault): CallError {
  return faultError(faultCode, text);
}

function rereadOf(reply: Result<Diff, Fault>): Result<RereadDiff, RereadError> {
  if (reply.ok) {
    const { added, changed, removed } = reply.value;
    return ok({ added: sorted(added), changed: sorted(changed), removed: sorted(removed) });
  }
  if (reply.error.faultCode !== 92) return err(errorOf(reply.error));
  return err({ type: 'CantReread', ...parseCantReread(reply.error.text) });
}

function sorted(names: readonly string[]): readonly string[] {
  return names.length === 0 ? names : [...new Set(names)].sort();
}

function asTexts(
  failures: Result<readonly ItemFailure[], CallError>,
): Result<readonly string[], CallError> {
  if (!failures.ok) return failures;
  return ok(failures.value.map(({ name, error }) => `${name}: ${error.detail}`));
}

/** A request and its reply. `work` is carried out on the model when the request gets there. */
function createExchange(deps: SupervisordClientDeps, life: Subscription): Exchange {
  const { model, scheduler, rng, wire } = deps;
  // What is on its way gets there though the agent dies; only nobody hears the reply.
  const after = (delayMs: number, run: () => void): void => {
    scheduler.schedule(() => run(), delayMs);
  };
  return <Value>(method: string, work: () => Value) =>
    new Promise<Result<Value, CallError>>((resolve) => {
      const callMs = draw(rng, wire.callMs);
      const replyMs = draw(rng, wire.replyMs);
      const isCallLost = rng.chance(wire.callLossChance);
      const isReplyLost = rng.chance(wire.replyLossChance);
      const settle = (reply: Result<Value, CallError>): void => {
        if (!life.closed) resolve(reply);
      };
      const fail = (code: string): void => settle(err(networkError(code, method)));
      const giveUpIn = (delayMs: number): void =>
        after(Math.max(0, delayMs), () => settle(err(timedOut(method))));
      const arrive = (): void => {
        const reachability = model.reachability();
        if (reachability === 'NoSocket') return fail('ENOENT');
        if (reachability === 'Refused') return fail('ECONNREFUSED');
        if (isCallLost) return fail('ECONNRESET');
        if (reachability === 'Hangs') giveUpIn(callTimeoutMs - callMs);
        const request = (): void => {
          const reply = ok(work());
          if (isReplyLost) giveUpIn(callTimeoutMs - callMs);
          else if (replyMs === 0) settle(reply);
          else after(replyMs, () => settle(reply));
        };
        model.whenAwake(request, () => fail('ECONNRESET'));
      };
      if (callMs + replyMs >= callTimeoutMs) giveUpIn(callTimeoutMs);
      after(callMs, arrive);
    });
}

function draw(rng: Rng, [from, to]: readonly [number, number]): number {
  return from === to ? from : from + rng.below(to - from + 1);
}

function networkError(code: string, method: string): CallError {
  return describeNetworkError(Object.assign(new Error(code), { code }), address, method);
}

function timedOut(method: string): CallError {
  return { type: 'TimedOut', detail: `${method}: no whole reply within ${callTimeoutMs} ms` };
}

/** Runs of supervisorctl; of its commands only `update`. */
function createCommands(deps: SupervisordClientDeps, life: Subscription) {
  const { model, rng, wire } = deps;
  const running = new Set<() => void>();
  const run: typeof runCommand = (scheduler, request) =>
    new Promise<CommandOutcome>((resolve) => {
      const names = request.args.slice(request.args.indexOf('update') + 1);
      const timer = scheduler.schedule(() => end({ type: 'TimedOut' }), request.timeoutMs);
      const end = (outcome: CommandOutcome): void => {
        timer.unsubscribe();
        update.kill();
        running.delete(killed);
        life.remove(update.kill);
        if (!life.closed) resolve(outcome);
      };
      const update = startUpdate(
        {
          ...{ model, scheduler: deps.scheduler, by: byAgent },
          startUpMs: () => draw(rng, wire.ctlStartUpMs),
          callMs: () => draw(rng, wire.callMs),
        },
        names,
        (outcome) => end({ type: 'Ended', ...outcome, stderr: '' }),
      );
      const killed = (): void =>
        end({ type: 'Ended', code: null, stdout: update.stdout(), stderr: '' });
      running.add(killed);
      life.add(update.kill);
    });
  return {
    runCommand: run,
    killCommands: (): number => {
      const count = running.size;
      for (const kill of [...running]) kill();
      return count;
    },
  };
}
