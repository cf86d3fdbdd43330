/** What says nothing: neither that an app runs here nor that it does not. */
import { describe, expect, it } from 'vitest';
import { type Interpretation, interpretEntry } from '../../../reducers/interpret.ts';
import type { Leaf } from '../../../src/domain/event.ts';
import type { Revision } from '../../../src/domain/types.ts';
import { worldSettings } from '../../support/world/world.ts';

const leaf = (text: string): Leaf => ({
  modRevision: '7' as Revision,
  value: { type: 'Text', text },
});

const context: Interpretation = {
  settings: worldSettings,
  identity: {
    current: { hostId: 'web1-01', hostNames: ['web1-01'], addresses: ['10.0.0.1'] },
    lostAddresses: [],
    lostHostNames: [],
  },
  atMs: 5_000,
  before: { entry: undefined, desired: { type: 'Unknown' } },
};

describe('interpretEntry', () => {
  it('runs a whole pair that is placed here', () => {
    const entry = { app: 'demo1', ips: leaf('10.0.0.1'), content: leaf('command=/bin/demo\n') };
    expect(interpretEntry(entry, context).type).toBe('Wanted');
  });

  it('waits for the other half, and runs content without a placement nowhere', () => {
    const content = { app: 'demo1', content: leaf('command=/bin/demo\n') };
    expect(interpretEntry(content, context)).toEqual({
      ...{ type: 'Pending', missing: 'ips', sinceMs: 5_000 },
    });
    const ips = { app: 'demo1', ips: leaf('10.0.0.1') };
    expect(interpretEntry(ips, context)).toEqual({
      ...{ type: 'Pending', missing: 'content', sinceMs: 5_000 },
    });
  });

  it('refuses a placement that nobody understands, which is not elsewhere', () => {
    const entry = { app: 'demo1', ips: leaf('!!'), content: leaf('command=/bin/demo\n') };
    expect(interpretEntry(entry, context).type).toBe('Refused');
  });
});
