/**
 * A host of the replaced system: a supervisord whose apps all stand in one `app.conf`, exactly as
 * confd's template writes it, and their keys in etcd. Agents are started on it by the test.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, type CommandOutcome, runSupervene, startAgent } from './agent.ts';
import { type Etcd } from './etcd.ts';
import { startSupervisord, type Supervisord } from './supervisord.ts';
import { createTempDir } from './tempDir.ts';
import { waitFor } from './waitFor.ts';

export const replacedAddress = '172.16.238.11';

/** The content of the replaced system's own example, decoded, with another command. */
export const seedBody = (command = '/bin/sleep 1000'): string =>
  `command = ${command}\nprocess_name=%(program_name)s\nstartsecs = 0\nnumprocs = 1\n` +
  'autostart = true\nautorestart = true';

/** One app as the template writes it: head, decoded content as it is, four log options. */
export function templateSection(app: string, body: string): string {
  return (
    `[group:${app}]\nprograms=${app}\npriority=20\n\n[program:${app}]\n${body}\n` +
    'stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n' +
    'stderr_logfile=/dev/stderr\nstderr_logfile_maxbytes=0\n'
  );
}

/** The whole file; where an app has other hosts before this one, blank lines are left. */
export function templateFile(bodies: Readonly<Record<string, string>>): string {
  const sections = Object.entries(bodies).map(([app, body]) => templateSection(app, body));
  return `\n\n${sections.join('\n\n\n\n')}\n\n`;
}

export interface ReplacedHost {
  readonly supervisord: Supervisord;
  readonly prefix: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly journalDir: string;
  /** `supervene adopt …` with this host's settings. */
  adopt(...args: readonly string[]): Promise<CommandOutcome>;
  run(...args: readonly string[]): Promise<CommandOutcome>;
  startAgent(environment?: Readonly<Record<string, string>>): Promise<Agent>;
  /** Both keys of each; `ips` for all of them. */
  publish(bodies: Readonly<Record<string, string>>, ips?: string): Promise<void>;
  /** Pids of the processes by group. */
  pids(): Promise<Readonly<Record<string, number>>>;
  /** Everything in the conf directory, hidden files too: texts by name. */
  files(): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

let count = 0;

/** Resolves when all processes of `bodies` run. `inEtcd`: what etcd has, by default the same. */
export async function startReplacedHost(
  etcd: Etcd,
  bodies: Readonly<Record<string, string>>,
  options: {
    readonly inEtcd?: Readonly<Record<string, string>>;
    readonly more?: Readonly<Record<string, string>>;
  } = {},
): Promise<ReplacedHost> {
  count += 1;
  const prefix = `/replaced/${String(process.pid)}-${String(count)}/apps`;
  const dir = await createTempDir('adopt');
  const journalDir = join(dir.path, 'journal');
  const confs = { 'app.conf': templateFile(bodies), ...options.more };
  const supervisord = await startSupervisord({ confs });
  const environment = {
    SUPERVENE_ETCD: etcd.endpoint,
    SUPERVENE_PREFIX: prefix,
    SUPERVENE_HOST: 'web1',
    SUPERVENE_ADDRESSES: replacedAddress,
    SUPERVENE_SUPERVISOR: supervisord.url,
    SUPERVENE_SUPERVISOR_CONFIG: supervisord.configPath,
    SUPERVENE_CONF_DIR: supervisord.confDir,
    SUPERVENE_JOURNAL: journalDir,
  };
  const stops: (() => Promise<void>)[] = [() => supervisord.stop(), () => dir.remove()];
  const run = (...args: readonly string[]): Promise<CommandOutcome> =>
    runSupervene(args, { environment });
  const host: ReplacedHost = {
    ...{ supervisord, prefix, environment, journalDir, run },
    adopt: (...args) => run('adopt', ...args),
    startAgent: async (more = {}) => {
      const agent = await startAgent({
        ...{ etcdEndpoint: etcd.endpoint, host: 'web1', addresses: [replacedAddress] },
        ...{ supervisord, journalDir, environment: { SUPERVENE_PREFIX: prefix, ...more } },
      });
      stops.unshift(agent.stop);
      return agent;
    },
    publish: async (published, ips = `${replacedAddress},172.16.238.12`) => {
      const keys = Object.entries(published).flatMap(([app, body]) => [
        [`${prefix}/${app}/ips`, ips],
        [`${prefix}/${app}/content`, Buffer.from(body).toString('base64')],
      ]);
      await etcd.txn(Object.fromEntries(keys) as Record<string, string>);
    },
    pids: async () => {
      const processes = await supervisord.processes();
      return Object.fromEntries(processes.map(({ group, pid }) => [group, pid]));
    },
    files: () =>
      Object.fromEntries(
        readdirSync(supervisord.confDir)
          .sort()
          .map((name) => [name, readFileSync(join(supervisord.confDir, name), 'utf8')]),
      ),
    stop: async () => {
      for (const one of stops) await one();
    },
  };
  try {
    await host.publish(options.inEtcd ?? bodies);
    await waitFor('every app to run', async () => {
      const found = await supervisord.processes();
      return Object.keys(bodies).every((app) =>
        found.some(({ group, statename }) => group === app && statename === 'RUNNING'),
      );
    });
  } catch (error) {
    await host.stop();
    throw error;
  }
  return host;
}
