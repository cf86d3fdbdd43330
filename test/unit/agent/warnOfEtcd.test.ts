import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { warnOfEtcd } from '../../../src/agent/warnOfEtcd.ts';
import type { EtcdError } from '../../../src/domain/etcdCalls.ts';
import type { ListReason, Recorded } from '../../../src/domain/event.ts';
import { err, ok, type Result } from '../../../src/domain/result.ts';
import { rev } from '../../support/etcdValues.ts';
import { etcdError } from '../../support/fakeEtcd.ts';

/** The warnings after listings for these reasons, over servers that answer one after the other. */
async function warningsOf(
  reasons: readonly ListReason[],
  answers: readonly Result<string, EtcdError>[],
): Promise<{ readonly warnings: readonly string[]; readonly asked: number }> {
  const recorded$ = new Subject<Recorded>();
  const warnings: string[] = [];
  let asked = 0;
  warnOfEtcd(
    { recorded$ },
    {
      serverVersion: () => {
        asked += 1;
        return Promise.resolve(answers[asked - 1] ?? err(etcdError('Unreachable')));
      },
    },
    { warn: (_fields: unknown, message?: string) => warnings.push(String(message)) },
  );
  for (const reason of reasons) {
    recorded$.next({ seq: 1, atMs: 0, event: { type: 'DesiredListed', reason, ...listing } });
    await Promise.resolve();
    await Promise.resolve();
  }
  return { warnings, asked };
}

const listing = {
  ...{ clusterId: '1', revision: rev(1), entries: [], elsewhere: 0, ignoredKeys: 0 },
};

describe('warnOfEtcd', () => {
  it('says once of an old version what is wrong and what to do, however often it is listed', async () => {
    const { warnings } = await warningsOf(
      ['Initial', 'Reconnected', 'Reconnected'],
      [ok('3.4.23'), ok('3.4.23'), ok('3.4.23')],
    );
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^etcd 3\.4\.23 has known .*CVE-2026-33413.*\. update etcd to/);
  });

  it('speaks again of another old version, and never of a good one', async () => {
    const { warnings } = await warningsOf(
      ['Initial', 'Reconnected', 'Reconnected'],
      [ok('3.5.16'), ok('3.6.14'), ok('3.4.23')],
    );
    expect(warnings.map((text) => text.split(' has ')[0])).toEqual(['etcd 3.5.16', 'etcd 3.4.23']);
  });

  it('says nothing of a version that may not be read, and reads it the next time', async () => {
    const { warnings } = await warningsOf(
      ['Initial', 'Reconnected'],
      [err(etcdError('Unauthorised')), ok('3.4.23')],
    );
    expect(warnings).toHaveLength(1);
  });

  it('does not ask when it is the same server for sure', async () => {
    expect(await warningsOf(['IdentityChanged', 'AuditMismatch'], [])).toMatchObject({ asked: 0 });
  });
});
