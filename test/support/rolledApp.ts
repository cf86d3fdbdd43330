/** The app `web` and its rollout key in a real etcd, by way of commands. */
import { type Etcd, startEtcd } from './etcd.ts';
import { type CliOutcome, runCliHere } from './fakeCommandIo.ts';
import { createTempDir } from './tempDir.ts';

export interface RolledApp {
  readonly etcd: Etcd;
  /** A directory for the tests. */
  readonly path: string;
  /** By alice; the files are `bodies`. */
  readonly run: (...argv: readonly string[]) => Promise<CliOutcome>;
  /** `v1`, for one host. */
  readonly publish: (...more: readonly string[]) => Promise<CliOutcome>;
  readonly stop: () => Promise<void>;
}

export const bodies = { v1: 'command=/bin/cat\n', v2: 'command=/bin/cat -u\n' };
export const key = (leaf: string): string => `/services/apps/web/${leaf}`;

export async function startRolledApp(): Promise<RolledApp> {
  const [etcd, temp] = await Promise.all([startEtcd(), createTempDir('rollout')]);
  const env = { SUPERVENE_ETCD: etcd.endpoint, SUPERVENE_JOURNAL: '/nonexistent', USER: 'alice' };
  const run: RolledApp['run'] = (...argv) => runCliHere(argv, { env, files: bodies });
  return {
    ...{ etcd, path: temp.path, run },
    publish: (...more) => run('publish', 'web', '--hosts', '10.0.0.1', '--file', 'v1', ...more),
    stop: async () => {
      await Promise.all([etcd.stop(), temp.remove()]);
    },
  };
}
