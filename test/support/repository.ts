/** A directory of app files beside a real etcd, and the commands that bring the one into the other. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Etcd, startEtcd } from './etcd.ts';
import { type CliOutcome, runCliHere } from './fakeCommandIo.ts';
import { createTempDir } from './tempDir.ts';

export interface Repository {
  readonly etcd: Etcd;
  readonly dir: string;
  /** Beside it, for what is no part of it. */
  readonly besides: string;
  /** With this etcd, by alice. */
  readonly run: (...argv: readonly string[]) => Promise<CliOutcome>;
  /** Below the directory, by path. */
  readonly write: (files: Readonly<Record<string, string | Uint8Array>>) => Promise<void>;
  /** Nothing is in the directory, nor in etcd. */
  readonly empty: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startRepository(): Promise<Repository> {
  const [etcd, temp] = await Promise.all([startEtcd(), createTempDir('repository')]);
  const dir = join(temp.path, 'repo');
  return {
    ...{ etcd, dir, besides: temp.path },
    run: (...argv) =>
      runCliHere(argv, { env: { SUPERVENE_ETCD: etcd.endpoint, SUDO_USER: 'alice' } }),
    write: async (files) => {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(join(dir, name, '..'), { recursive: true });
        await writeFile(join(dir, name), text);
      }
    },
    empty: async () => {
      await etcd.delPrefix('/services/');
      await rm(dir, { recursive: true, force: true });
      await mkdir(dir);
    },
    stop: async () => {
      await Promise.all([etcd.stop(), temp.remove()]);
    },
  };
}

export const body = (version: string): string => `command = /bin/cat ${version}\n`;
export const appFile = (hosts: string, text: string): string => `; hosts: ${hosts}\n${text}`;
export const key = (app: string, leaf = 'content'): string => `/services/apps/${app}/${leaf}`;
export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Files of so many apps, named app000 and on. */
export function apps(count: number, version: string): Readonly<Record<string, string>> {
  const names = Array.from({ length: count }, (_, index) => `app${String(index).padStart(3, '0')}`);
  return Object.fromEntries(
    names.map((name) => [`${name}.conf`, appFile('10.0.0.1', body(version))]),
  );
}
