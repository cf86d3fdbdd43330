/** What `supervene doctor` says of templates, well and broken. */
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
  const checks = await checkTemplates([template(...of)]);
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
});
