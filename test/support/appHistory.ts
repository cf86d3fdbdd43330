/** The app `web` in a real etcd, published by commands, and what is recorded of that. */
import { type Etcd, startEtcd } from './etcd.ts';
import { type CliOutcome, runCliHere } from './fakeCommandIo.ts';

export interface HistoryDocument {
  readonly memoryFrom: string | null;
  readonly changes: readonly {
    readonly revision: string | null;
    readonly by: string | null;
    readonly message: string | null;
    readonly diff: string | null;
  }[];
}

export interface AppHistory {
  /** By alice; `content` is the file `w`. */
  readonly run: (argv: readonly string[], content?: string) => Promise<CliOutcome>;
  /** The content is `body(version)`. */
  readonly publish: (
    version: string,
    hosts: string,
    ...more: readonly string[]
  ) => Promise<CliOutcome>;
  /** As it stands in etcd; empty when there is none. */
  readonly record: (seq: number) => Promise<Record<string, unknown>>;
}

export const contentKey = '/services/apps/web/content';
export const ipsKey = '/services/apps/web/ips';
export const recordKey = (seq: number): string =>
  `/services/fleet/history/web/${String(seq).padStart(10, '0')}`;
export const body = (version: string): string => `command = /bin/cat ${version}\n`;

export function createAppHistory(etcd: Etcd): AppHistory {
  const run: AppHistory['run'] = (argv, content = '') => {
    const env = { SUPERVENE_ETCD: etcd.endpoint, SUDO_USER: 'alice' };
    return runCliHere(argv, { env, files: { w: content } });
  };
  return {
    run,
    publish: (version, hosts, ...more) =>
      run(['publish', 'web', '--hosts', hosts, '--file', 'w', ...more], body(version)),
    record: async (seq) =>
      JSON.parse((await etcd.get(recordKey(seq))) ?? '{}') as Record<string, unknown>,
  };
}

/** In an etcd of its own. */
export async function startAppHistory() {
  const etcd = await startEtcd();
  return { ...createAppHistory(etcd), etcd, stop: etcd.stop };
}

/** What `supervene history --json` shows. */
export async function readHistory({ run }: AppHistory): Promise<HistoryDocument> {
  const { code, stdout, stderr } = await run(['history', 'web', '--json']);
  if (code !== 0 || stderr !== '') throw new Error(`history ended with ${String(code)}: ${stderr}`);
  return JSON.parse(stdout) as HistoryDocument;
}
