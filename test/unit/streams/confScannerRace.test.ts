/** What a look at the conf directory makes of a file that is put there while it looks. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileSystem, nodeFileSystem } from '../../../src/clients/fileSystem.ts';
import { formatMarker } from '../../../src/domain/content/marker.ts';
import type { AppName, Revision, Sha256 } from '../../../src/domain/types.ts';
import { createConfScanner } from '../../../streams/conf/confScanner.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

const below = '[group:web]\nprograms=web\n\n[program:web]\ncommand=x\n';
const marker = formatMarker({
  app: 'web' as AppName,
  revision: '7' as Revision,
  sha256: createHash('sha256').update(below).digest('hex') as Sha256,
});

let dir: TempDir;
let confDir: string;
let configPath: string;
beforeEach(async () => {
  dir = await createTempDir('scan');
  confDir = join(dir.path, 'conf.d');
  configPath = join(dir.path, 'supervisord.conf');
  mkdirSync(confDir);
  writeFileSync(configPath, `[include]\nfiles=${confDir}/*.conf\n`);
});
afterEach(() => dir.remove());

/** Puts a file there right after the directory was listed for the first time. */
function puttingLate(name: string, text: string): FileSystem {
  let isPut = false;
  return {
    ...nodeFileSystem,
    readdir: async (path) => {
      const names = await nodeFileSystem.readdir(path);
      if (path === confDir && !isPut) {
        isPut = true;
        writeFileSync(join(confDir, name), text);
      }
      return names;
    },
  };
}

function scannerOf(fileSystem: FileSystem) {
  const wanted = { mode: 0o644, uid: undefined, gid: undefined };
  // Late enough for a file to count as settled at once, as on a machine that is slow.
  const nowMs = (): number => Date.now() + 60_000;
  return createConfScanner({ confDir, configPath, nowMs, fileSystem, ...wanted });
}

async function typesOf(scanner: ReturnType<typeof scannerOf>) {
  const files = await scanner.scanAll();
  if (!files.ok) throw new Error(files.error);
  return [...files.value.values()]
    .filter(({ path }) => path !== configPath)
    .map(({ type, path }) => [type, path.slice(confDir.length + 1)]);
}

describe('createConfScanner', () => {
  it('takes a file of ours for ours though it came between the listing and the includes', async () => {
    const scanner = scannerOf(puttingLate('web.supervene.conf', `${marker}\n${below}`));
    expect(await typesOf(scanner)).toEqual([['Ours', 'web.supervene.conf']]);
    expect(await typesOf(scanner)).toEqual([['Ours', 'web.supervene.conf']]);
  });

  it('takes a file of somebody else that came then for what it is', async () => {
    const scanner = scannerOf(puttingLate('app.conf', below));
    expect(await typesOf(scanner)).toEqual([['Foreign', 'app.conf']]);
    expect(await typesOf(scanner)).toEqual([['Foreign', 'app.conf']]);
  });
});
