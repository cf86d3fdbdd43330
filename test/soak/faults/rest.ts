/** Whether a host has come to rest, where the script knows that it should. */
import { runSupervene } from '../../support/agent.ts';
import type { ProcessInfo } from '../../support/supervisord.ts';
import type { Expectation } from './expectation.ts';
import type { SoakHost } from './host.ts';
import { fileVersionOf, lookAtFiles, openFiles, versionOf } from './look.ts';

export interface RestDeps {
  readonly host: SoakHost;
  readonly expectation: Expectation;
  /** Every app there ever was. */
  readonly apps: readonly string[];
  readonly isStopped: (app: string) => boolean;
  /** Does not stay up: with nothing to come back to, it may be in any state. */
  readonly isFailing: (app: string) => boolean;
  /** The newest revision of the script. */
  readonly revision: string;
}

/** Held for good by what the script itself did. */
const decided: ReadonlySet<string> = new Set([
  ...['OperatorStop', 'Pending', 'Refused', 'Quarantined', 'Failed'],
]);

/** What is not as it should be yet; empty at rest. */
export async function findUnrest(deps: RestDeps): Promise<readonly string[]> {
  try {
    const { host, apps } = deps;
    const processes = await host.processes();
    const unrest = [...(await findUnsettled(deps)), ...lookAtFiles(host)];
    const leftovers = host.host.leftovers();
    if (leftovers.length > 0) unrest.push(`left behind: ${leftovers.join(', ')}`);
    for (const name of openFiles(host)) unrest.push(`${name} is not only for its owner`);
    for (const app of apps) unrest.push(...findWrong(deps, processes, app));
    return unrest;
  } catch (error) {
    return [String(error)];
  }
}

async function findUnsettled({ host, revision, expectation }: RestDeps): Promise<string[]> {
  const view = await host.host.view();
  const unrest: string[] = [];
  if (BigInt(view.observedRevision) < BigInt(revision)) unrest.push(`is behind ${revision}`);
  if (view.desired.status !== 'Current') unrest.push(`etcd is ${view.desired.status}`);
  if (view.plan.steps.length > 0) unrest.push('has a plan');
  const guarded = view.held.filter(({ code }) => code === 'MassRemoval');
  for (const { app, code, reason } of view.held) {
    if (!decided.has(code)) unrest.push(`${app ?? 'host'} is held: ${code}: ${reason}`);
  }
  // What a person would do: look whether they are all to go, and say so.
  const isRight = guarded.every(({ app }) =>
    expectation.expected(host.name, app ?? '').has('None'),
  );
  if (guarded.length > 0 && isRight) {
    await runSupervene(['confirm'], { environment: host.host.agent.environment });
  }
  return unrest;
}

function findWrong(deps: RestDeps, processes: readonly ProcessInfo[], app: string): string[] {
  const { host, expectation, isStopped, isFailing } = deps;
  const expected = expectation.expected(host.name, app);
  const wanted = [...expected].join(' or ');
  const runs = versionOf(processes, app);
  const group = processes.filter((process) => process.group === app);
  const states = group.map(({ name, statename }) => `${name} ${statename}`).join(', ');
  if (isStopped(app)) {
    const isRight = group.length > 0 && group.every(({ statename }) => statename === 'STOPPED');
    return isRight ? [] : [`${app} is to stay stopped and is ${states}`];
  }
  if (isFailing(app) && expected.has('None')) return [];
  if (runs === undefined || !expected.has(runs)) {
    return [`${app}: ${wanted} is to run, and it is ${String(runs)} (${states})`];
  }
  if (runs === 'None' && group.length > 0) return [`${app} is to be gone and is ${states}`];
  const inFile = fileVersionOf(host, app);
  return inFile === runs ? [] : [`${app}: ${String(runs)} runs, its file has ${String(inFile)}`];
}
