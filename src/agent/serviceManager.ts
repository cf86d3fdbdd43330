/**
 * What systemd is told when it started the agent (`Type=notify`, sd_notify(3)): ready, a beat of the
 * watchdog while the loop makes progress, a line of status, and that it ends.
 *
 * Node has no datagram sockets of the unix kind, so systemd-notify(1) says it: a small process, three
 * times in the time of the watchdog. Anybody else's agent hears and does nothing of this.
 */
import type { SchedulerLike } from 'rxjs';
import type { runCommand } from '../../effects/drivers/runCommand.ts';
import type { Verdict } from '../http/httpServer.ts';
import type { Log } from '../log/log.ts';
import { redactText } from '../log/redact.ts';

export interface ServiceManagerDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly scheduler: SchedulerLike;
  readonly runCommand: typeof runCommand;
  readonly log: Log;
}

export interface ServiceManager {
  /** From now on it is fed, for as long as `isHealthy`. `readiness` becomes the line of status. */
  begin(look: { readonly isHealthy: () => Verdict; readonly readiness: () => Verdict }): void;
  /** No further beat. */
  end(): Promise<void>;
}

/** How often the status is told when no watchdog wants to be fed, in milliseconds. */
const statusMs = 30_000;
const statusMaxLength = 200;

export function createServiceManager(deps: ServiceManagerDeps): ServiceManager {
  const socket = deps.env['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') {
    return { begin: () => undefined, end: () => Promise.resolve() };
  }
  const watchdogMs = watchdogOf(deps);
  let isEnded = false;
  let hasFailed = false;
  const tell = async (...words: readonly string[]): Promise<void> => {
    const outcome = await deps.runCommand(deps.scheduler, {
      command: 'systemd-notify',
      args: ['--', ...words],
      env: deps.env,
      alsoTold: { NOTIFY_SOCKET: socket },
      timeoutMs: 5_000,
      outputMaxBytes: 4_096,
    });
    const isTold = outcome.type === 'Ended' && outcome.code === 0;
    if (!isTold && !hasFailed) {
      const detail = outcome.type === 'NotStarted' ? outcome.detail : `it ${outcome.type}`;
      deps.log.error({ detail }, 'systemd cannot be told anything: systemd-notify failed');
    }
    hasFailed = !isTold;
  };
  return {
    begin: ({ isHealthy, readiness }) => {
      void tell('READY=1', statusOf(readiness()));
      const beat = async (): Promise<void> => {
        if (isEnded) return;
        const isFed = watchdogMs !== undefined && isHealthy().ok;
        await tell(...(isFed ? ['WATCHDOG=1'] : []), statusOf(readiness()));
        plan();
      };
      const plan = (): void => {
        const everyMs = watchdogMs === undefined ? statusMs : watchdogMs / 3;
        if (!isEnded) deps.scheduler.schedule(() => void beat(), everyMs);
      };
      plan();
    },
    end: () => {
      isEnded = true;
      return tell('STOPPING=1', 'STATUS=ending');
    },
  };
}

/** Undefined when it is not us whom the watchdog watches, or there is none. */
function watchdogOf({ env, pid }: ServiceManagerDeps): number | undefined {
  const watched = env['WATCHDOG_PID'];
  const microseconds = Number(env['WATCHDOG_USEC']);
  if (watched !== undefined && watched !== String(pid)) return undefined;
  return Number.isSafeInteger(microseconds) && microseconds > 0 ? microseconds / 1000 : undefined;
}

/** One line: what apps and programs say must not become a word of its own to systemd. */
function statusOf({ ok, reasons }: Verdict): string {
  const text = ok ? 'everything observed is applied' : reasons.join('; ');
  return `STATUS=${redactText(text)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, statusMaxLength)}`;
}
