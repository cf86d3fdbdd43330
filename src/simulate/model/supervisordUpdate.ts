/**
 * `supervisorctl update <group>…` of supervisor 4.2.5 against a model supervisord: call by call, with
 * its words and exit codes, and killable between any two of them.
 *
 * What it has asked for goes on when it is killed: a group stays stopped whose files then say that
 * nothing is to do.
 */
import { type SchedulerLike, Subscription } from 'rxjs';
import type { Result } from '../../domain/result.ts';
import { repr } from './python.ts';
import type { Diff, Fault, SupervisordCalls } from './supervisordCalls.ts';
import type { SupervisordModel } from './supervisordModel.ts';

export interface UpdateDeps {
  readonly model: SupervisordModel;
  readonly scheduler: SchedulerLike;
  /** Until Python has started, in milliseconds; measured 150 to 300. */
  readonly startUpMs: () => number;
  /** On the way to supervisord, of each call. */
  readonly callMs: () => number;
  /** For the news: who stops and starts. */
  readonly by: string;
}

export interface CtlOutcome {
  readonly code: number;
  readonly stdout: string;
}

export interface RunningUpdate {
  /** SIGKILL: `onEnd` is not called any more. */
  readonly kill: () => void;
  /** What it has printed so far. */
  readonly stdout: () => string;
}

/** Without names every group is meant. */
export function startUpdate(
  deps: UpdateDeps,
  names: readonly string[],
  onEnd: (outcome: CtlOutcome) => void,
): RunningUpdate {
  const life = new Subscription();
  let stdout = '';
  let code = 0;
  const line = createLine(deps, life);
  const session: Session = {
    calls: deps.model.calls,
    by: deps.by,
    names: new Set(names.includes('all') ? [] : names),
    line,
    say: (text) => {
      stdout += `${text}\n`;
    },
    fail: () => {
      code = 1;
    },
  };
  const begin = async (): Promise<void> => {
    try {
      await line.pause(deps.startUpMs());
      await update(session);
    } catch (error) {
      if (!(error instanceof CtlError)) throw error;
      session.say(error.message);
      code = 1;
    }
    if (!life.closed) onEnd({ code, stdout });
  };
  void begin();
  return { kill: () => life.unsubscribe(), stdout: () => stdout };
}

/** What ends the command, as it prints it. */
class CtlError extends Error {}

interface Session {
  readonly calls: SupervisordCalls;
  readonly by: string;
  /** Empty: all. */
  readonly names: ReadonlySet<string>;
  readonly line: Line;
  readonly say: (text: string) => void;
  readonly fail: () => void;
}

/** `SupervisorctlAction.do_update`. Throws what it would raise. */
async function update({ calls, by, names, line, say, fail }: Session): Promise<void> {
  const reread = await line.call(calls.reloadConfig);
  if (!reread.ok && reread.error.faultCode === 6)
    throw new CtlError('ERROR: already shutting down');
  const { added, changed, removed } = valueOf<Diff>(reread);
  if (names.size > 0) {
    const processes = valueOf(await line.call(calls.getAllProcessInfo));
    const known = new Set([...processes.map(({ group }) => group), ...added]);
    for (const name of names) {
      if (known.has(name)) continue;
      say(`ERROR: no such group: ${name}`);
      fail();
    }
  }
  const isMeant = (name: string): boolean => names.size === 0 || names.has(name);
  const stop = async (name: string): Promise<void> => {
    valueOf(await line.wait((onStopped) => calls.stopProcessGroup(name, by, onStopped)));
    say(`${name}: stopped`);
  };
  for (const name of removed.filter(isMeant)) {
    await stop(name);
    valueOf(await line.call(() => calls.removeProcessGroup(name)));
    say(`${name}: removed process group`);
  }
  for (const name of changed.filter(isMeant)) {
    await stop(name);
    valueOf(await line.call(() => calls.removeProcessGroup(name)));
    valueOf(await line.call(() => calls.addProcessGroup(name)));
    say(`${name}: updated process group`);
  }
  for (const name of added.filter(isMeant)) {
    valueOf(await line.call(() => calls.addProcessGroup(name)));
    say(`${name}: added process group`);
  }
}

function valueOf<Value>(reply: Result<Value, Fault>): Value {
  if (reply.ok) return reply.value;
  const { faultCode, text } = reply.error;
  const fault = `<Fault ${String(faultCode)}: ${repr(text)}>`;
  throw new CtlError(
    `error: <class 'xmlrpc.client.Fault'>, ${fault}: file: /usr/lib/python3.11/xmlrpc/client.py line: 668`,
  );
}

const refused = "error: <class 'ConnectionRefusedError'>, [Errno 111] Connection refused";
const noSocket = "error: <class 'FileNotFoundError'>, [Errno 2] No such file or directory";
const lost =
  "error: <class 'http.client.RemoteDisconnected'>, Remote end closed connection without response";
const broken = "error: <class 'BrokenPipeError'>, [Errno 32] Broken pipe";
const place = ': file: /usr/lib/python3/dist-packages/supervisor/xmlrpc.py line: 560';

/** How the command reaches supervisord; nothing settles after its end. */
interface Line {
  readonly pause: (ms: number) => Promise<void>;
  readonly call: <Value>(work: () => Result<Value, Fault>) => Promise<Result<Value, Fault>>;
  readonly wait: (
    work: (onDone: (reply: Result<true, Fault> | 'Lost') => void) => void,
  ) => Promise<Result<true, Fault>>;
}

function createLine({ model, scheduler, callMs }: UpdateDeps, life: Subscription): Line {
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      life.add(scheduler.schedule(() => resolve(), ms));
    });
  let socket: string | undefined;
  /** Settles with what `send` is given back; throws what a broken connection prints. */
  const exchange = async <Reply>(
    send: (onReply: (reply: Reply | 'Lost') => void) => void,
  ): Promise<Reply> => {
    await pause(callMs());
    const reachability = model.reachability();
    // One connection for all calls: whoever listens later does not know it.
    if (socket !== undefined && socket !== model.fingerprint()) throw new CtlError(broken + place);
    if (reachability === 'NoSocket') throw new CtlError(noSocket + place);
    if (reachability === 'Refused') {
      throw new CtlError((socket === undefined ? refused : broken) + place);
    }
    socket = model.fingerprint();
    const reply = await new Promise<Reply | 'Lost'>((resolve) => {
      const settle = (given: Reply | 'Lost'): void => {
        if (!life.closed) resolve(given);
      };
      model.whenAwake(
        () => send(settle),
        () => settle('Lost'),
      );
    });
    if (reply === 'Lost') throw new CtlError(lost + place);
    return reply;
  };
  return {
    pause,
    call: (work) => exchange((onReply) => onReply(work())),
    wait: (work) => exchange<Result<true, Fault>>(work),
  };
}
