/** One look at a host: what must never be seen, whatever is broken, and what must be seen at rest. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessInfo } from '../../support/supervisord.ts';
import { markIn } from './bodies.ts';
import type { Version } from './expectation.ts';
import { foreignName, foreignText, listConfs, type SoakHost, victimText } from './host.ts';

export const rssMaxMiB = 200;

/** By process id `group:name`. */
export type Pids = ReadonlyMap<string, number>;

/** Of the agent, in MiB; 0 when there is none. */
export function rssOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

/** Files and agent: what is wrong at this moment, though anything may be broken. */
export function lookAtFiles({ host, touched, isAway, victim }: SoakHost): readonly string[] {
  const faults: string[] = [];
  const { agent, supervisord } = host;
  if (!isAway.agent && !agent.isRunning) {
    faults.push(`the agent ended: ${agent.output().slice(-1_500)}`);
  }
  const rssMiB = rssOf(agent.pid);
  if (rssMiB > rssMaxMiB) faults.push(`the agent has ${String(rssMiB)} MiB`);
  const foreign = join(supervisord.confDir, foreignName);
  if (!existsSync(foreign) || readFileSync(foreign, 'utf8') !== foreignText) {
    faults.push(`${foreignName} was changed`);
  }
  if (readFileSync(victim, 'utf8') !== victimText) faults.push('a link was written through');
  for (const name of listConfs(host)) {
    const app = /^(.*)\.supervene\.conf$/.exec(name)?.[1];
    if (app === undefined || touched.has(app)) continue;
    const fault = tornness(join(supervisord.confDir, name));
    if (fault !== undefined) faults.push(`${name} ${fault}`);
  }
  return faults;
}

/** Of files of ours that others could read. */
export function openFiles({ host }: SoakHost): readonly string[] {
  const names = listConfs(host).filter((name) => name.endsWith('.supervene.conf'));
  const modeOf = (name: string): number => {
    const path = join(host.supervisord.confDir, name);
    return lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0o600;
  };
  return names.filter((name) => (modeOf(name) & 0o777) !== 0o600);
}

function tornness(path: string): string | undefined {
  let text: string;
  try {
    if (!lstatSync(path).isFile()) return 'is no regular file';
    text = readFileSync(path, 'utf8');
  } catch {
    // Removed in between.
    return undefined;
  }
  const end = text.indexOf('\n') + 1;
  const sha256 = /^; managed by supervene: .* sha256=([0-9a-f]{64})\n/.exec(text)?.[1];
  if (sha256 === undefined) return `has no marker: ${JSON.stringify(text.slice(0, 100))}`;
  const found = createHash('sha256').update(text.slice(end)).digest('hex');
  return found === sha256 ? undefined : 'is torn: not what its marker says';
}

/** Processes that must not be seen, or not with another pid. */
export function lookAtProcesses(
  processes: readonly ProcessInfo[],
  steady: Pids,
  mayRun: (app: string) => boolean,
): readonly string[] {
  const faults: string[] = [];
  const pids = pidsOf(processes);
  for (const [id, pid] of steady) {
    const now = pids.get(id);
    if (now !== pid) faults.push(`${id} had pid ${String(pid)}, then ${String(now ?? 'none')}`);
  }
  for (const { group, statename } of processes) {
    const isUp = statename === 'RUNNING' || statename === 'STARTING';
    if (isUp && !mayRun(group)) faults.push(`${group} is ${statename} and must not be`);
  }
  return faults;
}

export function pidsOf(processes: readonly ProcessInfo[]): Pids {
  return new Map(processes.map(({ group, name, pid }) => [`${group}:${name}`, pid]));
}

/** What runs of this app; undefined while its processes are neither all up nor all down. */
export function versionOf(processes: readonly ProcessInfo[], app: string): Version | undefined {
  const own = processes.filter(({ group }) => group === app);
  const up = own.filter(({ statename }) => statename === 'RUNNING');
  if (own.some(({ statename }) => ['STARTING', 'STOPPING', 'BACKOFF'].includes(statename))) {
    return undefined;
  }
  if (up.length === 0) return 'None';
  if (up.length < own.length) return undefined;
  const versions = new Set(up.map(({ pid }) => markOf(pid)));
  const [version] = versions;
  return versions.size === 1 ? version : undefined;
}

function markOf(pid: number): number | undefined {
  try {
    return markIn(readFileSync(`/proc/${String(pid)}/environ`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The version that the file of an app holds. */
export function fileVersionOf({ host }: SoakHost, app: string): Version {
  const text = host.fileText(app);
  return text === undefined ? 'None' : (markIn(text) ?? 'None');
}
