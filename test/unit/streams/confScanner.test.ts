import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FileSystem, nodeFileSystem } from '../../../src/clients/fileSystem.ts';
import { createConfScanner } from '../../../streams/conf/confScanner.ts';
import { createTempDir } from '../../support/tempDir.ts';

describe('a file that cannot be read for once', () => {
  it('is read again though nothing about it has changed', async () => {
    const temp = await createTempDir('scanner');
    try {
      const path = join(temp.path, 'web.supervene.conf');
      writeFileSync(path, '[program:web]\ncommand=/bin/true\n');
      let isBroken = true;
      const fileSystem: FileSystem = {
        ...nodeFileSystem,
        open: (name, flags, mode) =>
          isBroken && name === path
            ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))
            : nodeFileSystem.open(name, flags, mode),
      };
      const scanner = createConfScanner({
        ...{ confDir: temp.path, configPath: join(temp.path, 'main'), fileSystem },
        ...{ mode: 0o600, uid: undefined, gid: undefined },
        // Long after the file was made: what was read of it then is remembered.
        nowMs: () => Date.now() + 3_600_000,
      });
      const look = async () => {
        const files = await scanner.scanAll();
        return files.ok ? files.value.get(path)?.type : files.error;
      };
      expect(await look()).toBe('Blocked');
      isBroken = false;
      expect(await look()).toBe('Foreign');
    } finally {
      await temp.remove();
    }
  });
});
