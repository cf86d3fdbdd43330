/** apply and rollback that wait: two real hosts, and files as a person has them. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, startFleet } from '../../support/fleetHosts.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

let fleet: Fleet;
let temp: TempDir;
let dir: string;
beforeAll(async () => {
  [fleet, temp] = await Promise.all([
    startFleet({ names: ['web1', 'web2'] }),
    createTempDir('apply'),
  ]);
  dir = join(temp.path, 'apps');
  await mkdir(dir);
  await fleet.waitUntilReported();
}, 60_000);
afterAll(async () => {
  await Promise.all([fleet.stop(), temp.remove()]);
});

const good = 'command = /bin/sleep 1000\nstartsecs = 0\n';

async function write(app: string, hosts: string, body: string): Promise<void> {
  await writeFile(join(dir, `${app}.conf`), `; hosts: ${hosts}\n${body}`);
}

describe('supervene apply --wait', () => {
  it('ends with 0 when every host runs every app of the directory', async () => {
    await write('a', '*', good);
    await write('b', 'web2', good);
    const { code, stdout } = await fleet.run(['apply', dir, '--prune', '--wait=60']);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain('2 created, 0 unchanged');
  }, 90_000);

  it('ends with 3 when a host refuses one, also the next time, with nothing to change', async () => {
    const noUser = `${good}user = nobody-of-this-name\n`;
    await write('b', 'web2', noUser);
    for (const what of ['1 changed, 1 unchanged', 'nothing to change: 2 unchanged']) {
      const { code, stdout } = await fleet.run(['apply', dir, '--prune', '--wait=60']);
      expect({ code, stdout }).toMatchObject({ code: 3 });
      expect(stdout).toContain(what);
    }
  }, 90_000);

  it('is taken back by a rollback that waits, with one document', async () => {
    const { code, stdout } = await fleet.run(['rollback', 'b', '--wait=60', '--json']);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ app: 'b', isChanged: true, wait: {} });
  }, 90_000);

  it('waits until what it removes is gone', async () => {
    await rm(join(dir, 'b.conf'));
    const { code, stdout } = await fleet.run(['apply', dir, '--prune', '--wait=60']);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    const left = await fleet.host('web2').supervisord.processes();
    expect(left.map(({ group }) => group)).toEqual(['a']);
  }, 90_000);
});
