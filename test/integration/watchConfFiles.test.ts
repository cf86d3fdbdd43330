import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { asyncScheduler, Subject, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { coversConfDir, readIncludeGlobs } from '../../streams/conf/includes.ts';
import {
  type ConfFilesEvent,
  watchConfFiles,
  type WatchConfFilesOptions,
} from '../../streams/watchConfFiles.ts';
import { type WatchDirectory } from '../../src/clients/fileSystem.ts';
import { type ConfFile } from '../../src/domain/types.ts';
import { writeStep } from '../support/confStep.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';
import { waitFor } from '../support/waitFor.ts';

let temp: TempDir;
let confDir: string;
let configPath: string;
let subscription: Subscription | undefined;
beforeEach(async () => {
  temp = await createTempDir('watch');
  confDir = join(temp.path, 'conf.d');
  configPath = join(temp.path, 'supervisord.conf');
  fs.mkdirSync(confDir);
  fs.writeFileSync(
    configPath,
    '[supervisord]\n[include]\nfiles = conf.d/*.conf %(here)s/x/*.ini\n',
  );
});
afterEach(async () => {
  subscription?.unsubscribe();
  await temp.remove();
});

const start = (over: Partial<WatchConfFilesOptions> = {}, watch?: WatchDirectory) => {
  const events: ConfFilesEvent[] = [];
  const scanNow$ = new Subject<void>();
  subscription = watchConfFiles(
    { scheduler: asyncScheduler, scanNow$, ...(watch === undefined ? {} : { watch }) },
    { confDir, configPath, mode: 0o600, uid: undefined, gid: undefined, ...over },
  ).subscribe({
    next: (event) => events.push(event),
    error: (error: unknown) => {
      throw error;
    },
  });
  return { events, scanNow: () => scanNow$.next() };
};
const ourPath = (name: string): string => join(confDir, `${name}.supervene.conf`);
const put = (name: string, body?: string): void => {
  const temporary = join(confDir, `.${name}.tmp`);
  fs.writeFileSync(temporary, writeStep(name, body).text, { mode: 0o600 });
  fs.renameSync(temporary, ourPath(name));
};
const nth = (events: readonly ConfFilesEvent[], index: number): Promise<ConfFilesEvent> =>
  waitFor(`event ${String(index)}`, () => events[index], { intervalMs: 2 });
const filesOf = (event: ConfFilesEvent): readonly ConfFile[] =>
  event.type === 'ConfFilesListed'
    ? event.files
    : event.type === 'ConfFilesChanged'
      ? event.changed
      : [];
const fileAt = (event: ConfFilesEvent, path: string): ConfFile | undefined =>
  filesOf(event).find((file) => file.path === path);

describe('watchConfFiles', () => {
  it('lists ours by hash, foreign files by sections and what is in the way', async () => {
    put('web', 'a\n');
    fs.symlinkSync('/etc/shadow', ourPath('link'));
    fs.mkdirSync(ourPath('folder'));
    fs.writeFileSync(ourPath('taken'), '[program:taken]\ncommand=x\n');
    fs.writeFileSync(ourPath('renamed'), writeStep('web').text);
    fs.writeFileSync(ourPath('big'), Buffer.alloc(1024 * 1024 + 1));
    fs.writeFileSync(
      join(confDir, 'app.conf'),
      '; [no]\n[group:web]\nprograms=a\n [indented]\n[program:a]x]y\n',
    );
    fs.writeFileSync(join(confDir, '.hidden.conf'), '[program:hidden]\n');
    fs.mkdirSync(join(temp.path, 'x'));
    fs.writeFileSync(join(temp.path, 'x', 'one.ini'), '[eventlistener:e]\ncommand=x\n');
    const { events } = start();
    const listed = await nth(events, 0);
    expect(listed.type).toBe('ConfFilesListed');
    const step = writeStep('web', 'a\n');
    expect(filesOf(listed)).toEqual(
      [
        {
          type: 'Foreign',
          path: join(confDir, 'app.conf'),
          sections: ['group:web', 'program:a]x'],
        },
        {
          type: 'Blocked',
          path: ourPath('big'),
          detail: 'it has 1048577 bytes, more than any file of ours',
        },
        {
          type: 'Blocked',
          path: ourPath('folder'),
          detail: 'it is a directory, not a regular file',
        },
        {
          type: 'Blocked',
          path: ourPath('link'),
          detail: 'it is a symbolic link, not a regular file',
        },
        { type: 'Foreign', path: ourPath('renamed'), sections: ['program:x'] },
        { type: 'Foreign', path: ourPath('taken'), sections: ['program:taken'] },
        {
          type: 'Ours',
          path: ourPath('web'),
          app: 'web',
          revision: '7',
          markedSha256: step.sha256,
          sha256: step.sha256,
          isOwnerAndModeRight: true,
        },
        { type: 'Foreign', path: configPath, sections: ['supervisord', 'include'] },
        {
          type: 'Foreign',
          path: join(temp.path, 'x', 'one.ini'),
          sections: ['eventlistener:e'],
        },
      ].sort((a, b) => (a.path < b.path ? -1 : 1)),
    );
  });

  it('tells only what differs: edits, owners and modes, removals', async () => {
    put('web');
    put('api');
    const { events, scanNow } = start();
    await nth(events, 0);
    fs.appendFileSync(ourPath('web'), 'x=1\n');
    expect(fileAt(await nth(events, 1), ourPath('web'))).toMatchObject({ type: 'Ours' });
    expect(filesOf(events[1] as ConfFilesEvent)).toHaveLength(1);
    fs.chmodSync(ourPath('web'), 0o666);
    expect(await nth(events, 2)).toMatchObject({ changed: [{ isOwnerAndModeRight: false }] });
    fs.rmSync(ourPath('web'));
    expect(await nth(events, 3)).toEqual({
      type: 'ConfFilesChanged',
      changed: [],
      gone: [ourPath('web')],
    });
    // A new inode with the same text is no news.
    put('api');
    scanNow();
    put('last');
    expect(fileAt(await nth(events, 4), ourPath('last'))).toBeDefined();
    expect(filesOf(events[4] as ConfFilesEvent)).toHaveLength(1);
  });

  it('sees every one of many quick edits of the same size', async () => {
    put('web', 'n=0\n');
    const { events } = start({ settleMs: 0 });
    await nth(events, 0);
    for (let round = 1; round < 30; round += 1) {
      fs.writeFileSync(ourPath('web'), writeStep('web', `n=${String(round % 10)}\n`).text);
      const { sha256 } = writeStep('web', `n=${String(round % 10)}\n`);
      await waitFor(
        `edit ${String(round)}`,
        () =>
          (fileAt(events.at(-1) as ConfFilesEvent, ourPath('web')) as { sha256?: string })
            .sha256 === sha256,
        { intervalMs: 1, timeoutMs: 3_000 },
      );
    }
  });

  it('C8: says once that the directory is lost, and lists again when it is back', async () => {
    put('web');
    const { events } = start({ rescanBlindMs: 20 });
    await nth(events, 0);
    fs.renameSync(confDir, `${confDir}.away`);
    expect(await nth(events, 1)).toMatchObject({ type: 'ConfDirLost' });
    fs.symlinkSync(`${confDir}.away`, confDir);
    fs.writeFileSync(join(temp.path, 'unused'), '');
    fs.unlinkSync(confDir);
    fs.renameSync(`${confDir}.away`, confDir);
    expect(await nth(events, 2)).toMatchObject({ type: 'ConfFilesListed' });
    put('api');
    expect(fileAt(await nth(events, 3), ourPath('api'))).toBeDefined();
    fs.rmSync(confDir, { recursive: true });
    await waitFor('the loss', () => events.at(-1)?.type === 'ConfDirLost');
  });

  it('C7: takes a symbolic link in place of the directory for its loss', async () => {
    fs.renameSync(confDir, `${confDir}.real`);
    fs.symlinkSync(`${confDir}.real`, confDir);
    const { events } = start();
    expect(await nth(events, 0)).toMatchObject({
      type: 'ConfDirLost',
      detail: `${confDir} is a symbolic link; it must be a real directory`,
    });
  });

  it('C14: goes on by scanning when there are no watches to be had', async () => {
    const { events } = start({ rescanBlindMs: 10 }, () => {
      throw Object.assign(new Error('no'), { code: 'ENOSPC' });
    });
    await nth(events, 0);
    put('web');
    expect(fileAt(await nth(events, 1), ourPath('web'))).toBeDefined();
  });

  it('notices a change in the main configuration by the periodic scan', async () => {
    const { events } = start({ rescanMs: 10 });
    await nth(events, 0);
    fs.appendFileSync(configPath, '[program:late]\ncommand=x\n');
    expect(fileAt(await nth(events, 1), configPath)).toMatchObject({
      sections: ['supervisord', 'include', 'program:late'],
    });
  });

  it('does not hang on a pipe, and follows the links of others', async () => {
    execFileSync('mkfifo', [join(confDir, 'pipe.conf'), ourPath('pipe')]);
    fs.writeFileSync(join(temp.path, 'target'), '[program:linked]\n');
    fs.symlinkSync(join(temp.path, 'target'), join(confDir, 'linked.conf'));
    fs.symlinkSync(join(temp.path, 'nowhere'), join(confDir, 'dangling.conf'));
    const { events } = start();
    const listed = await nth(events, 0);
    expect(fileAt(listed, join(confDir, 'linked.conf'))).toMatchObject({
      sections: ['program:linked'],
    });
    expect(fileAt(listed, join(confDir, 'dangling.conf'))).toMatchObject({ sections: [] });
    expect(fileAt(listed, ourPath('pipe'))).toMatchObject({ type: 'Blocked' });
  });

  it('does not take our own files for foreign ones when included through a link', async () => {
    put('web');
    fs.symlinkSync(confDir, join(temp.path, 'alias'));
    fs.writeFileSync(configPath, '[supervisord]\n[include]\nfiles = alias/*.conf\n');
    const { events } = start();
    expect(filesOf(await nth(events, 0)).map(({ path }) => path)).toEqual([
      ourPath('web'),
      configPath,
    ]);
  });
});

describe('readIncludeGlobs', () => {
  it('knows whether the conf directory is included', async () => {
    const { globs, unresolved } = await readIncludeGlobs(configPath);
    expect(globs).toEqual([join(confDir, '*.conf'), join(temp.path, 'x', '*.ini')]);
    expect(unresolved).toEqual([]);
    expect(await coversConfDir(globs, confDir)).toBe(true);
    expect(await coversConfDir(globs, temp.path)).toBe(false);
    expect(await coversConfDir([join(confDir, '*.ini')], confDir)).toBe(false);
    expect(await coversConfDir([join(temp.path, '*', '*.conf')], confDir)).toBe(true);
  });

  it('names a missing configuration', async () => {
    const { error } = await readIncludeGlobs(join(temp.path, 'none'));
    expect(error).toContain('it does not exist');
  });
});
