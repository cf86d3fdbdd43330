/** What `supervene doctor` says of templates, well and broken. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkTemplates } from '../../../src/commands/doctor/checkTemplates.ts';
import type { Template } from '../../../src/domain/template/template.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

let temp: TempDir;
beforeAll(async () => {
  temp = await createTempDir('doctor');
  writeFileSync(join(temp.path, 'well.liquid'), '{{ apps.size }}');
  writeFileSync(join(temp.path, 'bad.liquid'), '\n{% if %}');
  symlinkSync('elsewhere', join(temp.path, 'link'));
  mkdirSync(join(temp.path, 'dir'));
  writeFileSync(join(temp.path, 'open.sh'), '#!/bin/sh\n');
  chmodSync(join(temp.path, 'open.sh'), 0o777);
});
afterAll(() => temp.remove());

function template(src: string, dest: string, more: Partial<Template> = {}): Template {
  return {
    ...{ src: join(temp.path, src), dest: join(temp.path, dest), mode: 0o644 },
    ...{ owner: { user: 'root', group: undefined }, check: undefined, reload: undefined },
    ...more,
  };
}

async function says(...of: Parameters<typeof template>): Promise<readonly string[]> {
  return saysOfAll([template(...of)]);
}

async function saysOfAll(templates: readonly Template[]): Promise<readonly string[]> {
  const files = {
    dir: join(temp.path, 'dir'),
    mode: 0o644,
    owner: { user: 'root', group: undefined },
  };
  const configPath = join(temp.path, 'dir/own.toml');
  const checks = await checkTemplates({ templates, configPath, files });
  return checks.map(({ status, message }) => `${status}: ${message.replaceAll(temp.path, '')}`);
}

const hook = (program: string) => ({ words: [program], timeoutMs: 1_000 });

describe('checkTemplates', () => {
  it('is content with one that can be made', async () => {
    expect(await says('well.liquid', 'out')).toEqual(['ok: /well.liquid can be made into /out']);
    expect(
      await says('well.liquid', 'out', { check: hook('true'), reload: hook('/bin/true') }),
    ).toEqual(['ok: /well.liquid can be made into /out']);
  });

  it('names each thing that is wrong', async () => {
    expect(await says('none.liquid', 'link')).toEqual([
      'problem: /none.liquid cannot be read: ENOENT',
      'problem: /link is a symbolic link: it is not replaced',
    ]);
    expect(await says('bad.liquid', 'dir')).toEqual([
      expect.stringMatching(/^problem: \/bad\.liquid: .*line:2, col:\d+$/),
      'problem: /dir is not a regular file: it is not replaced',
    ]);
    const owner = { user: 'nobody-of-that-name', group: undefined };
    const hooks = { check: hook('no-such-program'), reload: hook(join(temp.path, 'open.sh')) };
    expect(await says('well.liquid', 'none/out', { owner, ...hooks })).toEqual([
      'problem: /none cannot be written: ENOENT',
      'problem: template.owner: there is no user nobody-of-that-name',
      expect.stringMatching(/^problem: check: there is no no-such-program in PATH/),
      expect.stringMatching(/^problem: reload: \/open\.sh is not run/),
    ]);
  });

  it('reads regular files alone, and not without end', async () => {
    execFileSync('mkfifo', [join(temp.path, 'pipe')]);
    symlinkSync('/dev/zero', join(temp.path, 'zero'));
    writeFileSync(join(temp.path, 'big'), 'x'.repeat(1024 * 1024 + 1));
    expect(await says('pipe', 'out')).toEqual(['problem: /pipe is not a regular file']);
    expect(await says('zero', 'out')).toEqual(['problem: /zero is not a regular file']);
    expect(await says('big', 'out')).toEqual(['problem: /big has more than 1048576 bytes']);
  });

  it("sees through links to directories that a file is somebody else's", async () => {
    symlinkSync('dir', join(temp.path, 'linked'));
    const of = (dest: string): Template => template('well.liquid', dest);
    expect(await saysOfAll([of('dir/a'), of('linked/b'), of('linked/a'), of('a')])).toEqual([
      'ok: /well.liquid can be made into /dir/a',
      'ok: /well.liquid can be made into /linked/b',
      'problem: /linked/a is /dir/a, which another template makes',
      'ok: /well.liquid can be made into /a',
    ]);
    expect(await says('well.liquid', 'linked/own.toml')).toEqual([
      'problem: /linked/own.toml is /dir/own.toml, the file of settings',
    ]);
    expect(await says('well.liquid', 'linked/app.supervene.conf')).toEqual([
      'problem: /linked/app.supervene.conf is in /dir, where files of that name are those of apps',
    ]);
  });
});
