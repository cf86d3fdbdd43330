/** Processes for people: what is not known to be so now does not look as if it were. */
import { describe, expect, it } from 'vitest';
import { missingText, processLines } from '../../../../src/commands/fleet/ps.ts';
import type { ProcesslessApp, ProcessRow } from '../../../../src/domain/fleet/processRows.ts';
import type { AppName } from '../../../../src/domain/types.ts';

const row: ProcessRow = {
  ...{ host: 'web1', app: 'web', id: 'web:web', state: 'RUNNING', pid: 7, startSec: 100 },
  ...{ doubt: undefined, reason: undefined },
};
const form = { columns: undefined, hasColours: false, nowMs: 160_000 };

describe('processLines', () => {
  it('has an uptime of what runs for certain alone', () => {
    const rows = [
      row,
      { ...row, doubt: 'SupervisorSilent' },
      { ...row, doubt: 'AgentLost' },
    ] as const;
    expect(processLines(rows, form).slice(1)).toEqual([
      'web1  web:web  RUNNING  7    1 min',
      'web1  web:web  RUNNING  7    -       last known: supervisord does not answer',
      'web1  web:web  RUNNING  7    -       last known: its agent is lost',
    ]);
  });

  it('shows a reason whole, however narrow the terminal is', () => {
    const reason = 'web:web is FATAL: Exited too quickly (process log may have details)';
    const lines = processLines([{ ...row, state: 'FATAL', reason }], { ...form, columns: 60 });
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(60);
    expect(lines.slice(1).join(' ').replaceAll(/ +/g, ' ')).toContain(reason);
  });
});

describe('missingText', () => {
  const missing: ProcesslessApp = {
    ...{ host: 'web2', isAlive: true, app: 'web' as AppName },
    ...{ condition: 'quarantined', code: 'E_X', reason: 'because\u001b' },
  };

  it('says why there is none', () => {
    expect(missingText(missing)).toBe('web2: no process of web: quarantined: E_X: because\\u001b');
    expect(missingText({ ...missing, isAlive: false })).toContain(
      ': last known: its agent is lost, which said quarantined: E_X',
    );
  });
});
