/** What export writes, apply reads as the same. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { appFile, base64, key, startRepository } from '../../support/repository.ts';
import { fcParams } from '../../support/seed.ts';
import { shared } from '../../support/shared.ts';

const repository = shared(startRepository);
beforeEach(() => repository().empty());

describe('export and apply', () => {
  const line = fc.stringMatching(/^[ -~é]{0,40}$/);
  const text = fc.oneof(
    fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => lines.join('\n')),
    fc
      .array(line, { minLength: 1, maxLength: 6 })
      .map((lines) => `; hosts: x\n${lines.join('\r\n')}\n`),
    fc.constant('command = /bin/cat\n'),
  );
  const host = fc.constantFrom(
    '10.0.0.1',
    '*',
    '!web1',
    'web2',
    '10.0.0.0/8',
    'non,sense',
    '; hosts: y',
  );
  const hosts = fc
    .array(host, { maxLength: 4 })
    .chain((list) => fc.constantFrom(', ', ',', ' ', '\n', '\r\n ,').map((by) => list.join(by)));
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,8}$/).filter((app) => app !== 'all');
  const content = fc.tuple(
    text.filter((body) => body.trim() !== ''),
    fc.boolean(),
  );
  const etcdApps = fc.dictionary(name, fc.tuple(hosts, content), { minKeys: 1, maxKeys: 4 });

  it('are inverse for whatever can be read, and apply repeats itself exactly', async () => {
    await fc.assert(
      fc.asyncProperty(etcdApps, async (given) => {
        await repository().etcd.delPrefix('/services/');
        for (const [app, [ips, [text, isPlain]]] of Object.entries(given)) {
          await repository().etcd.txn({
            [key(app, 'ips')]: ips,
            [key(app)]: isPlain ? text : base64(text),
          });
        }
        const out = join(repository().dir, 'out');
        await rm(out, { recursive: true, force: true });
        const exported = await repository().run('export', out);
        // Plain text that is no program is exported as it is, and told.
        expect(exported.stderr === '' ? 0 : 1).toBe(exported.code);
        const applied = await repository().run('apply', out, '--prune', '--dry-run');
        expect(applied.stdout).toMatch(/^nothing to change/);
        expect(applied.code).toBe(0);
      }),
      fcParams(30),
    );
  }, 60_000);

  it('give the same files again', async () => {
    await repository().write({
      'a.conf': appFile('10.0.0.1, web2', 'command=/bin/cat\n; hosts: z\n\n'),
      'b.conf': appFile('!*', 'command=/bin/cat'),
    });
    await repository().run('apply', repository().dir);
    const out = join(repository().dir, '.out');
    expect(await repository().run('export', out)).toMatchObject({ code: 0 });
    for (const file of ['a.conf', 'b.conf']) {
      expect(await readFile(join(out, file), 'utf8')).toBe(
        await readFile(join(repository().dir, file), 'utf8'),
      );
    }
  });
});
