/** One kind of change of the demo site, a number of times on one cluster. */
import { demoContent, type NetCluster } from '../../test/cluster/support/cluster.ts';
import { waitForAnswersOf, waitForProcess } from '../../test/cluster/support/clusterWaits.ts';
import {
  changeUnderLoad,
  describeLost,
  type UnderLoadOptions,
} from '../../test/cluster/support/underLoad.ts';
import type { LoadReport } from '../../test/cluster/support/visitor.ts';
import { waitFor } from '../../test/support/waitFor.ts';
import type { Figure, Run } from '../fleet/figure.ts';
import { summarize } from '../measurement.ts';

export const cases = ['rolling', 'plain', 'removal', 'suddenRemoval'] as const;
export type Case = (typeof cases)[number];

const labels: Readonly<Record<Case, string>> = {
  rolling: 'rolling publish',
  plain: 'plain publish',
  removal: 'removal, drained',
  suddenRemoval: 'removal, plain',
};

const inTurns = [
  ...['--max-unavailable', '1', '--drain', '2s'],
  ...['--healthcheck', 'http://127.0.0.1:8088/'],
];

export interface CaseOptions extends UnderLoadOptions {
  readonly rounds: number;
}

interface Round {
  readonly load: LoadReport;
  readonly changeMs: number;
  /** Of each host that was changed: between the last answer of before and the first of after. */
  readonly awayMs: readonly number[];
}

export async function measureCase(
  cluster: NetCluster,
  name: Case,
  options: CaseOptions,
): Promise<Run> {
  // Kept with the app from then on.
  const extra = name === 'rolling' || name === 'removal' ? inTurns : [];
  await publish(cluster, cluster.web.length, 0, extra);
  await waitForAnswersOf(cluster, cluster.web);
  const rounds: Round[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    const isPublish = name === 'rolling' || name === 'plain';
    const { load, changeMs } = await changeUnderLoad(cluster, options, () =>
      isPublish ? publish(cluster, cluster.web.length, round) : remove(cluster),
    );
    rounds.push({ load, changeMs, awayMs: isPublish ? timesAway(load) : [] });
    if (!isPublish) await publish(cluster, cluster.web.length, 0);
    await waitForAnswersOf(cluster, cluster.web);
  }
  return { label: labels[name], figures: figuresOf(rounds), notes: notesOf(rounds) };
}

/** Until every host has it running. */
async function publish(
  { supervene, web }: NetCluster,
  hosts: number,
  version: number,
  extra: readonly string[] = [],
): Promise<void> {
  const addresses = web.slice(0, hosts).map(({ host }) => host.address);
  const args = ['publish', 'demo1', '--hosts', addresses.join(','), '--file', '-', ...extra];
  const { code, stdout, stderr } = await supervene([...args, '--wait=90'], demoContent(version));
  if (code !== 0) throw new Error(`publish ended with ${String(code)}: ${stdout}${stderr}`);
  for (const host of web.slice(0, hosts)) await waitForProcess(host);
}

/** The last host loses the app. */
async function remove(cluster: NetCluster): Promise<void> {
  await publish(cluster, cluster.web.length - 1, 0);
  const last = cluster.web.at(-1);
  await waitFor('it to be gone there', async () => (await last?.process('demo1')) === undefined);
}

function timesAway({ seen }: LoadReport): readonly number[] {
  const byHost = new Map<string, { readonly firstMs: number; readonly lastMs: number }[]>();
  for (const [who, one] of Object.entries(seen)) {
    const host = /web1-\d\d/.exec(who)?.[0] ?? who;
    byHost.set(host, [...(byHost.get(host) ?? []), one]);
  }
  return [...byHost.values()].flatMap((all) => {
    const [before, after] = [...all].sort((a, b) => a.firstMs - b.firstMs);
    return before === undefined || after === undefined ? [] : [after.firstMs - before.lastMs];
  });
}

function figuresOf(rounds: readonly Round[]): readonly Figure[] {
  const sum = (of: (round: Round) => number): number =>
    rounds.reduce((total, round) => total + of(round), 0);
  const middle = (samples: readonly number[]): number => summarize(samples).p50;
  const away = rounds.flatMap(({ awayMs }) => awayMs);
  return [
    { name: 'requests sent', value: sum(({ load }) => load.sent), unit: 'count' },
    { name: 'requests lost', value: sum(({ load }) => load.lost.length), unit: 'count' },
    { name: 'asked again by the client', value: sum(({ load }) => load.askedAgain), unit: 'count' },
    {
      name: 'slowest answer',
      value: Math.max(...rounds.map(({ load }) => load.slowestMs)),
      unit: 'ms',
    },
    { name: 'the change', value: middle(rounds.map(({ changeMs }) => changeMs)), unit: 'ms' },
    { name: 'a host without answers', value: middle(away), unit: 'ms' },
  ];
}

function notesOf(rounds: readonly Round[]): readonly string[] {
  const lost = rounds.flatMap(({ load }) => load.lost);
  return lost.length === 0 ? [] : [`lost: ${describeLost(lost)}`];
}
