/** What a strict policy asks of the host, on real files and accounts. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerPolicy, type PolicyHost } from '../../effects/host/policyAnswers.ts';
import { trustedPath } from '../../effects/host/trustedPath.ts';
import { createProbeHost } from '../../effects/probeHost.ts';
import type { HostQuestion } from '../../src/domain/plan.ts';
import type { AppName, Sha256 } from '../../src/domain/types.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';

const isRoot = process.getuid?.() === 0;
const somebody = 4_242;

let dir: TempDir;
const at = (...parts: readonly string[]): string => join(dir.path, ...parts);
function make(path: string, mode: number, uid = 0): string {
  fs.writeFileSync(at(path), '');
  fs.chmodSync(at(path), mode);
  fs.chownSync(at(path), uid, 0);
  return at(path);
}
function makeDir(path: string, mode: number, uid = 0): string {
  fs.mkdirSync(at(path));
  fs.chmodSync(at(path), mode);
  fs.chownSync(at(path), uid, 0);
  return at(path);
}

beforeAll(async () => {
  dir = await createTempDir('trust');
  if (!isRoot) return;
  for (const name of ['good', 'logs']) makeDir(name, 0o755);
  makeDir('theirs', 0o755, somebody);
  makeDir('group', 0o775);
  make('good/run', 0o755);
  make('good/theirs', 0o755, somebody);
  make('good/open', 0o757);
  make('good/group', 0o775);
  make('theirs/run', 0o755);
  make('group/run', 0o755);
  make('outside', 0o755);
  fs.symlinkSync('run', at('good', 'link'));
  fs.symlinkSync('../outside', at('good', 'out'));
  fs.symlinkSync(at('good', 'run'), at('theirs', 'link'));
  fs.symlinkSync('../theirs/link', at('good', 'through'));
  fs.symlinkSync('loop', at('good', 'loop'));
  fs.symlinkSync('run', at('good', 'theirlink'));
  fs.lchownSync(at('good', 'theirlink'), somebody, 0);
  fs.symlinkSync(at('good'), at('prefix'));
  makeDir('logs/open', 0o777);
  makeDir('logs/sticky', 0o1777);
  makeDir('logs/theirs', 0o755, somebody);
  makeDir('logs/group', 0o775);
  makeDir('logs/group/below', 0o755);
});
afterAll(() => dir.remove());

const noHost: PolicyHost = {
  directoryOf: (text) => Promise.resolve(text),
  uidOf: () => Promise.resolve('Unknown'),
};
async function codeOf(question: Parameters<typeof answerPolicy>[0]) {
  return (await answerPolicy(question, noHost))?.code;
}
const command = (path: string, ...prefixes: readonly string[]) =>
  codeOf({ type: 'CommandTrusted', path, prefixes });

describe.runIf(isRoot)(
  'a program under a strict policy (as root, who owns what is trusted)',
  () => {
    it('is trusted when only root can change it, also through links of root', async () => {
      expect(await command(at('good', 'run'), at('good'))).toBeUndefined();
      expect(await command(at('good', 'link'), at('good'))).toBeUndefined();
      expect(await command(at('good', 'run'), at('good', 'run'))).toBeUndefined();
      expect(await command(at('good', '..', 'good', 'run'), at('good'))).toBeUndefined();
      // The prefix itself is a link.
      expect(await command(at('prefix', 'run'), at('prefix'))).toBeUndefined();
    });

    it('is not when links lead out of the prefixes', async () => {
      expect(await command(at('good', 'out'), at('good'))).toBe('E_POLICY_COMMAND_LINK');
      expect(await command(at('prefix', '..', 'outside'), at('good'))).toBe(
        'E_POLICY_COMMAND_LINK',
      );
    });

    it('is not when others can change it, a directory above it, or a link on the way', async () => {
      for (const path of ['good/theirs', 'good/open', 'good/group', 'theirs/run', 'group/run']) {
        expect(await command(at(path), dir.path), path).toBe('E_POLICY_COMMAND_WRITABLE');
      }
      for (const path of ['good/through', 'good/theirlink']) {
        expect(await command(at(path), dir.path), path).toBe('E_POLICY_COMMAND_WRITABLE');
      }
    });

    it('is not when it does not exist, or links to itself', async () => {
      for (const path of ['good/none', 'none/run', 'good/loop', 'good/run/x']) {
        expect(await command(at(path), dir.path), path).toBe('E_POLICY_COMMAND_MISSING');
      }
    });

    it('names the place of the fault', async () => {
      const found = await trustedPath(at('good', 'through'));
      expect(found).toMatchObject({ ok: false, error: { path: at('theirs'), type: 'Changeable' } });
    });
  },
);

describe.runIf(isRoot)('a log directory under a strict policy (as root)', () => {
  it('is trusted when only root can write to it; above it a group may', async () => {
    const log = (path: string) => codeOf({ type: 'LogDirectoryTrusted', path: at(path) });
    expect(await log('logs')).toBeUndefined();
    expect(await log('logs/group/below')).toBeUndefined();
    for (const path of ['logs/open', 'logs/sticky', 'logs/theirs', 'logs/group']) {
      expect(await log(path), path).toBe('E_POLICY_LOG_DIRECTORY');
    }
    // Its absence is another question's matter.
    expect(await log('logs/none')).toBeUndefined();
  });
});

describe('createProbeHost, under a strict policy', () => {
  async function codes(questions: readonly HostQuestion[], pid?: number) {
    const probe = createProbeHost(
      { getSupervisordPid: () => Promise.resolve(pid) },
      { configPath: '/none', confDir: dir.path, timeoutMs: 1_000 },
    );
    const app = 'web' as AppName;
    const contentSha256 = '0'.repeat(64) as Sha256;
    const probed = await probe({ type: 'ProbeHost', app, contentSha256, questions, because: '' });
    return probed.refusals.map(({ code }) => code);
  }
  const user = (name: string): HostQuestion => ({ type: 'UserUnprivileged', user: name });

  it('knows uid 0 by any name', async () => {
    expect(await codes([user('root'), user('0'), user('+0_0')])).toEqual(
      Array.from({ length: 3 }, () => 'E_POLICY_USER_ROOT'),
    );
    expect(await codes([user('nobody'), user('no-such-user')])).toEqual([]);
  });

  it('refuses what it cannot find out', async () => {
    const path = '%(ENV_UNKNOWN)s/log';
    expect(await codes([{ type: 'LogDirectoryTrusted', path }])).toEqual(['E_POLICY_UNVERIFIED']);
    expect(await codes([user('%(ENV_UNKNOWN)s')])).toEqual(['E_POLICY_UNVERIFIED']);
  });
});
