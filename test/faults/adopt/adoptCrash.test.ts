/**
 * `supervene adopt` killed at every call that changes the disk: at each moment every process goes on
 * and supervisord sees no difference, and the next run finishes.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import {
  type ReplacedHost,
  seedBody,
  startReplacedHost,
  templateFile,
} from '../../support/replacedHost.ts';
import { waitFor } from '../../support/waitFor.ts';
import { runStraced, whyNoStrace } from '../support/strace.ts';

let etcd: Etcd;
let host: ReplacedHost;
const bodies = { demo1: seedBody(), web: seedBody() };
beforeAll(async () => {
  etcd = await startEtcd();
  const all = { ...bodies, legacy: seedBody() };
  host = await startReplacedHost(etcd, all, { inEtcd: bodies });
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
});

const main = join(findProjectRoot(), 'dist/src/main.js');

/** As confd has left it. */
function putOldFileBack(): void {
  const { confDir } = host.supervisord;
  for (const name of readdirSync(confDir)) rmSync(join(confDir, name));
  host.supervisord.writeConf('app.conf', templateFile({ ...bodies, legacy: seedBody() }));
}

describe('supervene adopt, killed', () => {
  it.each(['rename', 'fsync', 'openat'])(
    'at each %s, changes nothing that runs, and the next run finishes',
    async (call) => {
      const reason = whyNoStrace();
      if (reason !== undefined) throw new Error(reason);
      const pids = await host.pids();
      let kills = 0;
      for (let n = 1; ; n += 1) {
        putOldFileBack();
        const command = [process.execPath, main, 'adopt', '--keep-others'];
        const { code, signal } = await runStraced(command, {
          inject: [`${call}:signal=KILL:when=${String(n)}`],
          paths: call === 'openat' ? [host.supervisord.confDir] : [],
          env: { ...process.env, ...host.environment },
        });
        const isKilled = signal === 'SIGKILL' || code === 137;
        if (!isKilled) {
          expect(code).toBe(0);
          break;
        }
        kills += 1;
        const diff = await host.supervisord.rpc('reloadConfig');
        expect({ n, diff, pids: await host.pids() }).toEqual({ n, diff: [[[], [], []]], pids });
        const again = await host.adopt('--keep-others');
        expect({ n, ...again }).toMatchObject({ n, code: 0, stderr: '' });
        expect(await host.supervisord.rpc('reloadConfig')).toEqual([[[], [], []]]);
        expect(await host.pids()).toEqual(pids);
        expect(confNames()).toEqual([
          'app.rest.conf',
          'demo1.supervene.conf',
          'web.supervene.conf',
        ]);
        expect((await host.run('plan')).stdout).toMatch(/^nothing to do/);
      }
      expect(kills).toBeGreaterThan(2);
    },
  );
});

describe('supervene adopt, overtaken', () => {
  it('puts everything back when supervisord sees what nobody has announced', async () => {
    const reason = whyNoStrace();
    if (reason !== undefined) throw new Error(reason);
    putOldFileBack();
    const { confDir } = host.supervisord;
    const before = host.files();
    const pids = await host.pids();
    // Two apps, the rest, and then the old file: meanwhile somebody adds a program.
    const adopting = runStraced([process.execPath, main, 'adopt', '--keep-others'], {
      inject: ['rename:delay_exit=3000000:when=4'],
      env: { ...process.env, ...host.environment },
    });
    await waitFor('the old file to be aside', () =>
      readdirSync(confDir).some((name) => name.includes('.adopted-')),
    );
    host.supervisord.writeConf('zz.conf', '[program:zz]\ncommand=/bin/sleep 1000\n');
    const { code, stderr } = await adopting;
    rmSync(join(confDir, 'zz.conf'));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /not taken over: zz would be added\n.*everything was put back as it was/,
    );
    expect(host.files()).toEqual(before);
    expect(await host.pids()).toEqual(pids);
    expect(await host.supervisord.rpc('reloadConfig')).toEqual([[[], [], []]]);
  });
});

function confNames(): readonly string[] {
  const names = readdirSync(host.supervisord.confDir).sort();
  expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  return names.filter((name) => name.endsWith('.conf'));
}
