import { describe, expect, it } from 'vitest';
import { createTurnKeys } from '../../../../effects/rollout/turnKeys.ts';
import type { TxnQuery } from '../../../../src/domain/etcdCalls.ts';
import { ok } from '../../../../src/domain/result.ts';
import type { HaltRecord } from '../../../../src/domain/rollout/turn.ts';
import type { AppName } from '../../../../src/domain/types.ts';
import { rev } from '../../../support/etcdValues.ts';
import { createFakeEtcd } from '../../../support/fakeEtcd.ts';

const web = 'web' as AppName;
const ours: HaltRecord = {
  ...{ revision: rev(20), host: 'h1', code: 'E_FATAL', reason: 'it is FATAL' },
  ...{ by: 'h1', atMs: 1_000 },
};

/** Whether the halt of a host is written over the one that stands there. */
async function isWritten(standing: HaltRecord | undefined, modRevision: number): Promise<boolean> {
  const written: TxnQuery[] = [];
  const txn = (query: TxnQuery) => {
    written.push(query);
    return Promise.resolve(ok({ isDone: true, revision: rev(60), clusterId: 'c1' }));
  };
  const keys = createTurnKeys({ range: createFakeEtcd().range, txn }, '/f', {
    ...{ host: 'h1', instance: 'i' },
  });
  const halt = { record: standing, modRevision: rev(modRevision), lease: undefined };
  await keys.halt(web, { halt, slots: [], drainsByHost: new Map() }, ours);
  return written.length > 0;
}

describe('the halt of a host', () => {
  it('is written where an older one stands, or one that nobody can read', async () => {
    expect(await isWritten({ ...ours, revision: rev(19) }, 50)).toBe(true);
    expect(await isWritten(undefined, 50)).toBe(true);
  });

  it('is not written where it stands already, or one of later content', async () => {
    expect(await isWritten(ours, 50)).toBe(false);
    expect(await isWritten({ ...ours, revision: rev(30) }, 50)).toBe(false);
  });

  it('is written over one of content that cannot have been there', async () => {
    const never = { ...ours, revision: '9223372036854775807' as typeof ours.revision };
    expect(await isWritten(never, 50)).toBe(true);
    expect(await isWritten({ ...ours, revision: rev(50) }, 50)).toBe(true);
  });
});
