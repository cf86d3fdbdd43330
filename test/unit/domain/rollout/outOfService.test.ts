import { describe, expect, it } from 'vitest';
import { encodeReport } from '../../../../src/domain/fleet/reportCodec.ts';
import type { AppReport, HostReport } from '../../../../src/domain/fleet/hostReport.ts';
import { hostsOutOfService } from '../../../../src/domain/rollout/outOfService.ts';
import type { AppName, ProcessState } from '../../../../src/domain/types.ts';
import { appReport, hostReport } from '../../../support/fleetValues.ts';

const web = 'web' as AppName;

function reported(state: ProcessState, more: Partial<AppReport> = {}): AppReport {
  const process = { id: 'web:web', state, pid: 7, startSec: 1 };
  return {
    ...appReport('web', 'converged', { wanted: 5, applied: 5 }),
    processes: [process],
    ...more,
  };
}

/** Why h2 is out of service, as h1 sees it. */
function whyOut(report: HostReport, isLost = false): string | undefined {
  const { head } = encodeReport(report);
  const parts = new Map([[0, Buffer.from(head)]]);
  const live = isLost ? new Map<number, Uint8Array>() : parts;
  const hosts = [{ host: 'h2', live, known: parts }];
  const [out] = hostsOutOfService(hosts, { app: web, self: 'h1', placement: undefined });
  return out?.reason;
}

const h2 = (app: AppReport, problems: readonly string[] = []): HostReport => ({
  ...hostReport('h2', '10.0.0.2', 9, [app]),
  problems,
});

describe('hostsOutOfService', () => {
  it('counts no host on which it runs, or has done what it was to do', () => {
    expect(whyOut(h2(reported('RUNNING')))).toBeUndefined();
    expect(whyOut(h2(reported('EXITED')))).toBeUndefined();
  });

  it('counts a host that is lost, or on which it is down', () => {
    expect(whyOut(h2(reported('RUNNING')), true)).toBe('is lost');
    expect(whyOut(h2(reported('FATAL')))).toBe('has web:web FATAL');
    const stopped = reported('STOPPED', { condition: 'held', code: 'OperatorStop', reason: 'x' });
    expect(whyOut(h2(stopped))).toBe('has web:web STOPPED');
  });

  it('counts a host whose supervisord is gone, whatever its processes were last seen to do', () => {
    const blind = 'cannot see its processes: its supervisord does not answer';
    const code = 'SupervisorUnreachable';
    const held = reported('RUNNING', { condition: 'held', code, reason: 'gone' });
    expect(whyOut(h2(held))).toBe(blind);
    expect(whyOut(h2(reported('RUNNING'), [`${code}: gone`]))).toBe(blind);
  });
});
