/**
 * Taking over on a real disk, with supervisord's word made up and calls that fail: whatever is not
 * done to its end is put back byte for byte.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConfFiles } from '../../../effects/confFiles.ts';
import type { ConfigDiff } from '../../../reducers/state.ts';
import { type FileSystem, nodeFileDeps, nodeFileSystem } from '../../../src/clients/fileSystem.ts';
import {
  findUnplanned,
  planAdoption,
  type WantedApp,
} from '../../../src/commands/adopt/adoption.ts';
import { readOldFile } from '../../../src/commands/adopt/oldFile.ts';
import { takeOver } from '../../../src/commands/adopt/takeOver.ts';
import { renderApp } from '../../../src/domain/content/renderApp.ts';
import { ok } from '../../../src/domain/result.ts';
import type { AppName, Revision } from '../../../src/domain/types.ts';
import { seedBody, templateFile } from '../../support/replacedHost.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

const none: ConfigDiff = { added: [], changed: [], removed: [] };
const logs = ['stdout', 'stderr'].flatMap((stream) => [
  [`${stream}_logfile`, `/dev/${stream}`] as const,
  [`${stream}_logfile_maxbytes`, '0'] as const,
]);

let dir: TempDir;
let confDir: string;
beforeEach(async () => {
  dir = await createTempDir('take');
  confDir = join(dir.path, 'conf.d');
  mkdirSync(confDir, { mode: 0o755 });
  writeFileSync(join(confDir, 'app.conf'), text, { mode: 0o640 });
  writeFileSync(join(confDir, 'mine.conf'), '[program:mine]\ncommand=x\n');
});
afterEach(() => dir.remove());

const text = templateFile({ a: seedBody(), b: seedBody(), legacy: seedBody() });

function wanted(name: string): readonly [string, WantedApp] {
  const app = name as AppName;
  const rendered = renderApp({
    ...{ app, revision: '7' as Revision, defaults: logs, groupPriority: 20, isHeld: false },
    options: new Map([
      ...[['command', '/bin/sleep 1000'] as const, ['startsecs', '0'] as const],
      ['autorestart', 'true'],
    ]),
  });
  return [name, { type: 'Wanted', app, revision: '7' as Revision, ...rendered }];
}

function inputFor(ownTexts: ReadonlyMap<string, string> = new Map()) {
  const path = join(confDir, 'app.conf');
  const adoption = planAdoption({
    ...{ oldFiles: [readOldFile(path, text)], wantedByName: new Map(['a', 'b'].map(wanted)) },
    ...{ groupsRunning: new Set<string>(), pending: none, allowChanges: false, keepOthers: true },
  });
  expect(adoption.refusals).toEqual([]);
  const rest = { path: join(confDir, 'app.rest.conf'), text: adoption.files[0]?.rest ?? '' };
  const moves = [{ path, text, aside: `${path}.adopted-1`, rest }];
  return { apps: adoption.apps, moves, before: none, mayChange: new Set<string>(), ownTexts };
}

/** What stands there: text, mode and owner by name. */
function everything(): Readonly<Record<string, string>> {
  const entries = readdirSync(confDir).map((name) => {
    const { mode, uid } = statSync(join(confDir, name));
    const head = `${(mode & 0o7777).toString(8)} ${String(uid)}`;
    return [name, `${head} ${readFileSync(join(confDir, name), 'utf8')}`] as const;
  });
  return Object.fromEntries(entries.sort());
}

function run(
  fileSystem: FileSystem = nodeFileSystem,
  diff: ConfigDiff = none,
  ownTexts?: ReadonlyMap<string, string>,
) {
  const options = { confDir, mode: 0o600, uid: undefined, gid: undefined };
  const deps = { ...nodeFileDeps, fileSystem };
  return takeOver(inputFor(ownTexts), {
    ...deps,
    confFiles: createConfFiles(options, deps),
    reread: () => Promise.resolve(ok(diff)),
  });
}

describe('takeOver', () => {
  it('gives each app its file, keeps what is left and puts the old file aside', async () => {
    expect(await run()).toEqual(ok(undefined));
    const names = ['a.supervene.conf', 'app.conf.adopted-1', 'app.rest.conf', 'b.supervene.conf'];
    expect(Object.keys(everything())).toEqual([...names, 'mine.conf']);
    expect(everything()['app.conf.adopted-1']).toBe(`640 0 ${text}`);
    expect(everything()['app.rest.conf']).toMatch(/^640 0 ;/);
  });

  it.each([
    ['changed', { ...none, changed: ['a'] }, /a would be changed/],
    ['removed', { ...none, removed: ['legacy'] }, /legacy would be removed/],
    ['added', { ...none, added: ['other'] }, /other would be added/],
  ] as const)('puts everything back when supervisord calls a group %s', async (_k, diff, why) => {
    const before = everything();
    const taken = await run(nodeFileSystem, diff);
    expect(taken).toMatchObject({ ok: false, error: { isPutBack: true } });
    expect(JSON.stringify(taken)).toMatch(why);
    expect(everything()).toEqual(before);
  });

  it('puts back the files that a run which was cut off had left', async () => {
    await run();
    writeFileSync(join(confDir, 'app.conf'), text, { mode: 0o640 });
    for (const name of ['app.conf.adopted-1', 'b.supervene.conf', 'app.rest.conf']) {
      nodeRemove(name);
    }
    const before = everything();
    const own = readFileSync(join(confDir, 'a.supervene.conf'), 'utf8');
    const taken = await run(nodeFileSystem, { ...none, changed: ['a'] }, new Map([['a', own]]));
    expect(taken).toMatchObject({ ok: false, error: { isPutBack: true } });
    expect(everything()).toEqual(before);
  });

  it('puts everything back when a call fails, whichever it is', async () => {
    const before = everything();
    const seen: string[] = [];
    for (let n = 1; ; n += 1) {
      const failing = failAt(n);
      const taken = await run(failing.fileSystem);
      if (failing.failed() === undefined) {
        expect(taken).toEqual(ok(undefined));
        break;
      }
      seen.push(failing.failed() ?? '');
      expect({ n, taken }).toMatchObject({ n, taken: { ok: false, error: { isPutBack: true } } });
      expect(everything()).toEqual(before);
    }
    expect(seen).toContain('rename app.conf');
    expect(seen.length).toBeGreaterThan(15);
  });

  it('does not write over a file that came anew, and says where the old one is', async () => {
    const path = join(confDir, 'app.conf');
    const rename = async (from: string, to: string): Promise<void> => {
      await nodeFileSystem.rename(from, to);
      if (from === path) writeFileSync(path, '; confd was here\n');
    };
    const taken = await run({ ...nodeFileSystem, rename }, { ...none, changed: ['a'] });
    expect(taken).toMatchObject({ ok: false, error: { isPutBack: false } });
    expect(JSON.stringify(taken)).toContain('app.conf was written anew by somebody');
    expect(everything()['app.conf']).toContain('; confd was here');
    expect(everything()['app.conf.adopted-1']).toContain('[program:a]');
  });

  it('notices that the old file was another one when it was renamed', async () => {
    const path = join(confDir, 'app.conf');
    const rename = async (from: string, to: string): Promise<void> => {
      if (from === path) writeFileSync(path, `${text}; more\n`);
      await nodeFileSystem.rename(from, to);
    };
    const taken = await run({ ...nodeFileSystem, rename });
    expect(JSON.stringify(taken)).toContain('changed meanwhile: does confd still run?');
    expect(Object.keys(everything())).toEqual(['app.conf', 'mine.conf']);
    expect(everything()['app.conf']).toContain('; more');
  });
});

describe('findUnplanned', () => {
  it('lets pass what was so before and what may change, and no removal', () => {
    const before = { added: ['x'], changed: [], removed: ['y'] };
    const after = { added: ['x', 'a'], changed: ['b', 'c'], removed: ['y', 'b'] };
    expect(findUnplanned(before, after, new Set(['a', 'b']))).toEqual([
      'c would be changed',
      'b would be removed',
    ]);
  });
});

function nodeRemove(name: string): void {
  rmSync(join(confDir, name));
}

/** The n-th call that changes something fails once; what went before and comes after works. */
function failAt(n: number) {
  let calls = 0;
  let failed: string | undefined;
  const count = (what: string, path: string): void => {
    calls += 1;
    if (calls !== n) return;
    failed = `${what} ${path.slice(confDir.length + 1)}`;
    throw Object.assign(new Error('input/output error'), { code: 'EIO' });
  };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    rename: async (from, to) => {
      count('rename', from);
      await nodeFileSystem.rename(from, to);
    },
    open: async (path, flags, mode) => {
      count('open', path);
      const handle = await nodeFileSystem.open(path, flags, mode);
      return {
        read: (...args) => handle.read(...args),
        write: (...args) => handle.write(...args),
        writeFile: (...args) => handle.writeFile(...args),
        stat: () => handle.stat(),
        chown: (...args) => handle.chown(...args),
        chmod: (...args) => handle.chmod(...args),
        datasync: () => handle.datasync(),
        close: () => handle.close(),
        sync: () => {
          count('fsync', path);
          return handle.sync();
        },
      };
    },
  };
  return { fileSystem, failed: () => failed };
}
