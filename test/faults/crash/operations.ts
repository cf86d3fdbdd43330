/**
 * What an agent is killed in the middle of: a publish, a change, a removal and a rollback of the app
 * `a`. Each can be done again and again on one host, and is over within a second.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentHost } from '../../support/agentHost.ts';

export interface Operation {
  readonly name: string;
  /** Makes the state it begins in; by an agent that lives. `n` is new each time. */
  readonly prepare: (host: AgentHost, n: number) => Promise<void>;
  /** Gives the revision. */
  readonly begin: (host: AgentHost, n: number) => Promise<string>;
  /** As far as the world shows, without asking the agent. */
  readonly isOver: (host: AgentHost, n: number) => Promise<boolean>;
  /** Held codes at the end. */
  readonly held: readonly string[];
  /** How often groups are updated when nothing goes wrong. */
  readonly updates: number;
  /** The content that is to run at the end, by its number; undefined: none. */
  readonly runs: (n: number) => number | undefined;
  /** How often these contents have to have been started during the operation when all goes well. */
  readonly starts: (n: number) => ReadonlyMap<number, number>;
}

export const operations: readonly Operation[] = [
  {
    name: 'publish',
    prepare: async (host) => {
      await host.waitUntilApplied(await host.unpublish('a'));
    },
    begin: (host, n) => host.publish('a', noted(host, n)),
    isOver: runsContent,
    ...{ held: [], updates: 1, runs: (n) => n, starts: (n) => new Map([[n, 1]]) },
  },
  {
    name: 'change',
    prepare: (host, n) => (n === 1 ? publishBefore(host, n) : Promise.resolve()),
    begin: (host, n) => host.publish('a', noted(host, n)),
    isOver: runsContent,
    ...{ held: [], updates: 1, runs: (n) => n, starts: (n) => new Map([[n, 1]]) },
  },
  {
    name: 'removal',
    prepare: (host, n) => publishBefore(host, n),
    begin: (host) => host.unpublish('a'),
    isOver: async (host) => (await isGone(host)) && host.fileText('a') === undefined,
    ...{ held: [], updates: 1, runs: () => undefined, starts: (n) => new Map([[before(n), 0]]) },
  },
  {
    name: 'rollback',
    prepare: (host, n) => publishBefore(host, n),
    begin: (host, n) => host.publish('a', `${noted(host, n, 'exit 3')}${onlyOnce}`),
    isOver: async (host, n) => startsOf(host, n) > 0 && (await runsContent(host, before(n))),
    ...{ held: ['Quarantined'], updates: 2, runs: before },
    starts: (n) =>
      new Map([
        [n, 1],
        [before(n), 1],
      ]),
  },
];

/** Also on a machine so slow that it counts as RUNNING for a moment. */
const onlyOnce = 'startretries=0\nautorestart=false\n';

/** Never a number that an operation has. */
function before(n: number): number {
  return 1_000_000 + n;
}

async function publishBefore(host: AgentHost, n: number): Promise<void> {
  await host.waitUntilApplied(await host.publish('a', noted(host, before(n))));
  await host.waitForState('a', 'RUNNING');
}

/** Notes each of its starts in a file. What exits at once is too quick for its `startsecs`. */
function noted(host: AgentHost, n: number, then = 'exec sleep 1000'): string {
  const startsecs = then.startsWith('exec') ? 0 : 1;
  return (
    `command=/bin/sh -c 'echo start-$N. >> ${startsPath(host)}; ${then}'\n` +
    `environment=N="${String(n)}"\nstartsecs=${String(startsecs)}\n`
  );
}

export function startsOf(host: AgentHost, n: number): number {
  const path = startsPath(host);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text.split(`start-${String(n)}.`).length - 1;
}

function startsPath(host: AgentHost): string {
  return join(host.supervisord.dir, 'starts');
}

/** The number of the content whose process runs now. */
export async function runningContent(host: AgentHost): Promise<number | undefined> {
  const process = await host.process('a');
  if (process?.statename !== 'RUNNING') return undefined;
  const environment = readFileSync(`/proc/${String(process.pid)}/environ`, 'utf8');
  const found = /(?:^|\0)N=(\d+)\0/.exec(environment)?.[1];
  return found === undefined ? undefined : Number(found);
}

async function runsContent(host: AgentHost, n: number): Promise<boolean> {
  return (await runningContent(host)) === n && startsOf(host, n) > 0;
}

async function isGone(host: AgentHost): Promise<boolean> {
  return (await host.process('a')) === undefined;
}
