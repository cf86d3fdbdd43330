import { describe, expect, it } from 'vitest';
import type { AppReport, HostReport } from '../../../../src/domain/fleet/hostReport.ts';
import { decodeReport, encodeReport } from '../../../../src/domain/fleet/reportCodec.ts';
import type { AppName } from '../../../../src/domain/types.ts';
import { rev } from '../../../support/etcdValues.ts';

const appReport = (app: string): AppReport => ({
  app: app as AppName,
  condition: 'converged',
  sinceMs: 5,
  wantedRevision: rev(7),
  appliedRevision: rev(7),
  processes: [{ id: `${app}:${app}`, state: 'RUNNING', pid: 9, startSec: 4 }],
});

const report: HostReport = {
  host: 'web1',
  instance: 'i',
  version: '1.2.3',
  addresses: ['10.0.0.1'],
  hostNames: ['web1'],
  atMs: 8,
  startedAtMs: 3,
  observedRevision: rev(7),
  appliedRevision: rev(7),
  problems: [],
  apps: [appReport('a'), appReport('b')],
  others: [],
};

const bytes = (value: unknown): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

function decode(head: unknown, ...parts: readonly unknown[]) {
  const numbered = parts.map((part, index) => [index + 1, bytes(part)] as const);
  return decodeReport(bytes(head), new Map(numbered));
}

describe('decodeReport', () => {
  it('passes over what it does not know, and says that a newer agent wrote it', () => {
    const { head } = encodeReport({ ...report, apps: [appReport('a')] });
    const newer = { ...(JSON.parse(head) as object), format: 2, colour: 'red', parts: 1 };
    const part = { format: 1, apps: [appReport('b')], shape: 'round' };
    expect(decode(newer, part)).toEqual({
      ok: true,
      value: {
        report,
        faults: ['the report was written by a newer agent: some of it may be missing here'],
      },
    });
  });

  it('holds an app whose condition it does not know', () => {
    const { head } = encodeReport({ ...report, apps: [] });
    const decoded = decode({
      ...(JSON.parse(head) as object),
      apps: [{ ...appReport('a'), condition: 'levitating', reason: 'it is up' }],
    });
    expect(decoded).toMatchObject({
      value: {
        report: { apps: [{ app: 'a', condition: 'held', reason: 'it is up' }] },
        faults: ['a is in a condition not known here'],
      },
    });
  });

  it('tells which part is missing or damaged, and keeps the rest', () => {
    const head = { ...(JSON.parse(encodeReport(report).head) as object), parts: 3 };
    const decoded = decode(head, { format: 1, apps: [appReport('c')] }, '{"format":1,"ap');
    expect(decoded).toMatchObject({
      value: {
        report: { apps: [{ app: 'a' }, { app: 'b' }, { app: 'c' }] },
        faults: ['1 of 3 parts are missing', 'part 2 cannot be read'],
      },
    });
  });

  it('takes nothing for an app or a process that has no usable name', () => {
    const head = JSON.parse(encodeReport({ ...report, apps: [] }).head) as object;
    const decoded = decode({
      ...head,
      apps: [{ app: '../x' }, 7, { ...appReport('a'), processes: [{ id: 4 }, { id: 'a:a' }] }],
    });
    expect(decoded).toMatchObject({
      value: {
        report: { apps: [{ app: 'a', processes: [{ id: 'a:a', state: 'UNKNOWN', pid: 0 }] }] },
        faults: ['an app of the report cannot be read', 'a process of the report cannot be read'],
      },
    });
  });

  it('lets nothing through that a terminal would obey', () => {
    const wild = { ...report, problems: ['\u001b[2Jgone\nand more\u202e'] };
    const { head, parts } = encodeReport(wild);
    const decoded = decode(head, ...parts);
    expect(decoded.ok && decoded.value.report.problems).toEqual([' [2Jgone and more ']);
  });

  it('does not look for as many parts as somebody says there are', () => {
    const head = { ...(JSON.parse(encodeReport(report).head) as object), parts: 1e15 };
    const decoded = decode(head);
    expect(decoded.ok && decoded.value.faults).toHaveLength(1);
  });
});
