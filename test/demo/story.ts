/**
 * What the demo does, step by step: publish one app to three hosts, see it run, take one host away,
 * see it leave. It uses the commands and the two keys a user would; every step is waited for.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { mainPath, runSupervene } from '../support/agent.ts';
import { findProjectRoot } from '../support/findProjectRoot.ts';
import { waitFor } from '../support/waitFor.ts';
import type { Cluster } from './cluster.ts';
import type { Screen } from './screen.ts';
import { layOut, observe, type Row } from './table.ts';

const stepTimeoutMs = 60_000;
const ipsKey = '/services/apps/demo1/ips';

export interface StoryOptions {
  readonly dir: string;
  /** For people: a pause between the steps. */
  readonly pause: () => Promise<void>;
}

export async function playStory(
  { etcd, hosts }: Cluster,
  screen: Screen,
  { dir, pause }: StoryOptions,
): Promise<void> {
  const look = async (): Promise<readonly Row[]> => {
    const rows = await observe(hosts);
    screen.show(layOut(rows));
    return rows;
  };
  const see = (what: string, isSo: (rows: readonly Row[]) => boolean): Promise<readonly Row[]> =>
    waitFor(
      what,
      async () => {
        const rows = await look();
        return isSo(rows) && rows;
      },
      { timeoutMs: stepTimeoutMs, intervalMs: 50 },
    );
  const addresses = hosts.map(({ address }) => address);

  await see('three hosts that run nothing', (rows) => rows.every(({ app }) => app === '-'));
  await pause();

  const file = join(dir, 'demo1.conf');
  writeFileSync(file, demoContent());
  const placement = addresses.join(',');
  screen.say(`\n$ supervene publish demo1 --hosts ${placement} --file demo1.conf`);
  const publish = ['publish', 'demo1', '--hosts', placement, '--file', file];
  const outcome = await runSupervene(publish, { environment: { SUPERVENE_ETCD: etcd.endpoint } });
  const publishedMs = performance.now();
  if (outcome.code !== 0) throw new Error(`publish failed: ${outcome.stderr}${outcome.stdout}`);
  const running = await see('demo1 to run and answer on all three hosts', (rows) =>
    rows.every(isAnswering),
  );
  screen.say(`  demo1 answers on all three hosts ${since(publishedMs)} after publish ended`);
  await pause();

  const [leaving, ...staying] = [...addresses].reverse();
  const rest = staying.reverse().join(',');
  screen.say(`\n$ etcdctl put ${ipsKey} ${rest}`);
  etcd.etcdctl('put', ipsKey, rest);
  const removedMs = performance.now();
  const after = await see(`demo1 to leave ${leaving ?? ''}`, (rows) =>
    rows.every((row) =>
      row.address === leaving ? row.app === '-' && !row.page : isAnswering(row),
    ),
  );
  screen.say(`  demo1 has left ${leaving ?? ''} ${since(removedMs)} after the change`);
  const pidsOf = (rows: readonly Row[]): string =>
    rows.flatMap(({ address, pid }) => (address === leaving ? [] : [pid])).join(', ');
  if (pidsOf(running) !== pidsOf(after)) {
    throw new Error(`the other hosts were disturbed: ${pidsOf(running)} became ${pidsOf(after)}`);
  }
  screen.say(`  the others were not touched: processes ${pidsOf(after)} as before`);
  await pause();

  screen.say('\n$ supervene status');
  const environment = { SUPERVENE_ETCD: etcd.endpoint };
  const status = await waitFor(
    'every host to report that it is as etcd says',
    async () => {
      const told = await runSupervene(['status', '--all'], { environment });
      return told.code === 0 && told;
    },
    { timeoutMs: stepTimeoutMs, intervalMs: 500 },
  );
  screen.say(status.stdout.replace(/^/gm, '  ').trimEnd());
}

/** Keeps the table true until the process is told to end. */
export async function keepLooking(
  { hosts }: Cluster,
  screen: Screen,
  pause: () => Promise<void>,
): Promise<never> {
  for (;;) {
    screen.show(layOut(await observe(hosts)));
    await pause();
  }
}

/** Commands to try in another terminal while the demo goes on. */
export function suggestions({ etcd, hosts }: Cluster): readonly string[] {
  const [first] = hosts;
  if (first === undefined) return [];
  const supervene = `node ${mainPath}`;
  return [
    '',
    'The demo goes on until Ctrl-C. In another terminal you can try:',
    `  export SUPERVENE_ETCD=${etcd.endpoint} ETCDCTL_API=3`,
    `  ${supervene} apps`,
    `  ${supervene} show demo1`,
    `  ${supervene} status --watch`,
    `  ${supervene} ps`,
    `  ${supervene} history demo1`,
    `  ${supervene} unpublish demo1`,
    `  etcdctl --endpoints=${etcd.endpoint} put ${ipsKey} '*'`,
    `  supervisorctl -c ${first.supervisord.configPath} stop demo1:demo1`,
    `  curl -s ${first.agent.url}/state`,
  ];
}

function isAnswering({ app, state, page, host, address, pid }: Row): boolean {
  const says = `demo1 on ${host} at ${address}, process ${pid}`;
  return app === 'demo1' && state === 'RUNNING' && page === says;
}

function since(startMs: number): string {
  return `${String(Math.round(performance.now() - startMs))} ms`;
}

/** The content of the replaced system's example, with a page of our own as its command. */
function demoContent(): string {
  const page = join(findProjectRoot(), 'dist/test/demo/page.js');
  return [
    `command = ${quote(process.execPath)} ${quote(page)}`,
    'process_name=%(program_name)s',
    'startsecs = 0',
    'numprocs = 1',
    'autostart = true',
    'autorestart = true',
    '',
  ].join('\n');
}

/** supervisord splits a command as a shell does, and expands `%`. */
function quote(path: string): string {
  const escaped = path.replaceAll('%', '%%');
  return /^[\w./@%+:-]+$/.test(path) ? escaped : `'${escaped.replaceAll("'", `'"'"'`)}'`;
}
