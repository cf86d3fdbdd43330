/** Whether the loop makes progress: what /healthz says, and what feeds the watchdog of systemd. */
import type { Event } from '../domain/event.ts';
import { failLoudly } from '../fault.ts';
import type { Verdict } from '../http/httpServer.ts';
import type { Loop } from '../loop.ts';

/**
 * A plan in hand that has had no outcome for longer than this is stuck, in milliseconds: each step
 * has a shorter deadline of its own.
 */
export const stuckMs = 120_000;

/** By event, the step whose outcome it is. */
export const stepOutcomes: ReadonlyMap<Event['type'], string> = new Map<Event['type'], string>([
  ['HostProbed', 'ProbeHost'],
  ['FileWritten', 'WriteFile'],
  ['FileRemoved', 'RemoveFile'],
  ['FileFailed', 'WriteFile'],
  ['RereadDone', 'Reread'],
  ['RereadRefused', 'Reread'],
  ['RereadFailed', 'Reread'],
  ['StopsRequested', 'StopProcesses'],
  ['StopsFailed', 'StopProcesses'],
  ['GroupsUpdated', 'UpdateGroups'],
  ['StartsRequested', 'StartProcesses'],
  ['StartsFailed', 'StartProcesses'],
]);

/**
 * What comes in from outside is no progress of a plan in hand. `nowMs` must not follow a clock that
 * somebody may set.
 */
export function watchProgress(
  { recorded$, current }: Pick<Loop, 'recorded$' | 'current'>,
  nowMs: () => number,
): () => Verdict {
  let lastMs = nowMs();
  recorded$.subscribe({
    next: ({ event: { type } }) => {
      if (type === 'PlanStarted' || type === 'PlanFinished' || stepOutcomes.has(type)) {
        lastMs = nowMs();
      }
    },
    error: failLoudly,
  });
  return () => {
    const { running } = current().state;
    const waitedMs = nowMs() - lastMs;
    if (running === undefined || waitedMs <= stuckMs) return { ok: true, reasons: [] };
    const reason = `plan ${running} has had no outcome for ${Math.floor(waitedMs / 1000)} s`;
    return { ok: false, reasons: [reason] };
  };
}
