import { describe, expect, it } from 'vitest';
import { createInstanceWatch, type InstanceWatch } from '../../../src/clients/instance.ts';
import { decodeProcesses } from '../../../src/clients/processInfo.ts';
import { rawProcess } from '../../support/processReply.ts';

const list = (watch: InstanceWatch, nowSec: number, ...starts: readonly number[]): void => {
  const raws = starts.map((start, i) => rawProcess({ name: `p${i}`, start, now: nowSec }));
  const listing = decodeProcesses(raws);
  if (listing.ok) watch.listed(listing.value);
};

describe('createInstanceWatch over TCP', () => {
  const open = (): InstanceWatch => createInstanceWatch('http://127.0.0.1:9001');
  const changes = (watch: InstanceWatch, act: () => void): boolean => {
    const before = watch.fingerprint();
    act();
    return watch.fingerprint() !== before;
  };

  it('trusts an unbroken connection: an app that was restarted is not a new supervisord', () => {
    const watch = open();
    list(watch, 100, 50);
    expect(changes(watch, () => list(watch, 110, 105))).toBe(false);
  });

  it('goes by the start times once a time-out has broken the connection', () => {
    const watch = open();
    list(watch, 100, 50, 60);
    watch.callFailed({ type: 'TimedOut', detail: '' });
    expect(changes(watch, () => list(watch, 110, 50, 105))).toBe(false);
    watch.callFailed({ type: 'TimedOut', detail: '' });
    expect(changes(watch, () => list(watch, 120, 115, 116, 0))).toBe(true);
    expect(changes(watch, () => list(watch, 121, 115, 116, 0))).toBe(false);
  });

  it.each(['Unreachable', 'ShuttingDown'] as const)('takes %s for a restart', (type) => {
    const watch = open();
    expect(changes(watch, () => watch.callFailed({ type, detail: '' }))).toBe(true);
    expect(changes(watch, () => watch.connectionLost())).toBe(true);
    expect(changes(watch, () => watch.callFailed({ type: 'Fault', detail: '' }))).toBe(false);
  });
});
