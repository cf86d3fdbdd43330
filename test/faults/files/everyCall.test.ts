/**
 * Each system call of a write to the conf directory fails once, in every way that a disk fails: the
 * failure is told, and the next write is right whatever this one left.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConfFiles } from '../../../effects/confFiles.ts';
import { writeStep } from '../../support/confStep.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { runStraced, whyNoStrace } from '../support/strace.ts';

const support = join(dirname(fileURLToPath(import.meta.url)), '../../support');
const nonce = '0123456789abcdef';
const errors = ['EIO', 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EMFILE'];

let temp: TempDir;
let confDir: string;
beforeEach(async () => {
  temp = await createTempDir('calls');
  confDir = join(temp.path, 'conf.d');
  mkdirSync(confDir, { mode: 0o755 });
});
afterEach(() => temp.remove());

async function write(body: string): Promise<string> {
  const files = createConfFiles({ confDir, mode: 0o600, uid: undefined, gid: undefined });
  await files.sweepTemporaries();
  return JSON.stringify(await files.writeAll([writeStep('web', body)]));
}

/** A real process writes it; the calls on these paths are seen, or fail. */
function writeStraced(body: string, paths: readonly string[], inject: readonly string[]) {
  const main = join(support, 'children/writeConfFile.ts');
  const runTs = join(support, 'runTs.js');
  return runStraced([process.execPath, '--import', runTs, main, confDir, 'web', body, nonce], {
    paths,
    inject,
    trace: inject.length > 0 ? [] : ['all'],
  });
}

const bodyInPlace = (): string | undefined =>
  readFileSync(join(confDir, 'web.supervene.conf'), 'utf8').split('\n')[1];

/** `write 2` for the second write of a run, and so on, in order. */
function callsOf(log: string): readonly string[] {
  const seen = new Map<string, number>();
  return [...log.matchAll(/^\d+ +(\w+)\(/gm)].map(([, name = '']) => {
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return `${name} ${String(seen.get(name))}`;
  });
}

describe('a write to the conf directory', () => {
  it('C3: of which any one call fails is told, shows no part, and is repaired', async (context) => {
    const whyNot = whyNoStrace();
    if (whyNot !== undefined) return context.skip(whyNot);
    const temporary = join(confDir, `.web.supervene.conf.${nonce}.tmp`);
    const target = join(confDir, 'web.supervene.conf');
    const paths = [confDir, temporary, target];
    await write('old');
    const calls = callsOf((await writeStraced('old', paths, [])).log);
    expect(calls).toEqual(expect.arrayContaining(['write 1', 'fsync 2', 'rename 1', 'close 3']));
    for (const [at, call] of calls.entries()) {
      const [name = '', number = ''] = call.split(' ');
      const error = errors[at % errors.length] ?? '';
      await write('old');
      const fault = `${name}:error=${error}:when=${number}`;
      const { stdout, stderr, log } = await writeStraced('new', paths, [fault]);
      expect(log, fault).toContain('(INJECTED)');
      expect(stderr, fault).toBe('');
      // In place with the new text or the old, whatever was told; and told, but for a harmless close.
      expect(['old', 'new'], fault).toContain(bodyInPlace());
      if (stdout.includes('FileWritten')) {
        expect([name, bodyInPlace()], fault).toEqual(['close', 'new']);
      } else {
        expect(stdout, fault).toContain('FileFailed');
      }
      expect(await write('newest'), fault).toContain('FileWritten');
      expect(bodyInPlace(), fault).toBe('newest');
      expect(readdirSync(confDir), fault).toEqual(['web.supervene.conf']);
    }
  });
});
