/** Looks on through a round, every 150 ms: what may never happen, whatever is broken. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SoakHost } from './host.ts';
import { lookAtFiles, lookAtProcesses, type Pids, pidsOf, rssOf } from './look.ts';
import type { Round } from './script.ts';
import type { Stage } from './stage.ts';

export interface Watch {
  /** Ends it after one more look; the largest agent that was seen, in MiB. */
  stop(): Promise<number>;
}

/** Adds what it sees to `found`. */
export async function startWatch(stage: Stage, round: Round, found: Set<string>): Promise<Watch> {
  const steadyByHost = new Map<string, Pids>();
  for (const { name, processes } of stage.hosts) {
    const before = await processes().catch(() => []);
    const steady = [...pidsOf(before.filter(({ statename }) => statename === 'RUNNING'))].filter(
      ([id]) => {
        const app = id.split(':')[0] ?? '';
        return app === 'foreign' || stage.isUntouched(name, app, round.inputs);
      },
    );
    steadyByHost.set(name, new Map(steady));
  }
  let rssMaxMiB = 0;
  const look = (host: SoakHost): Promise<void> =>
    lookAt(host).catch((error: unknown) => void found.add(`${host.name}: ${String(error)}`));
  const lookAt = async (host: SoakHost): Promise<void> => {
    const { name, touched, isAway } = host;
    for (const fault of lookAtFiles(host)) found.add(`${name}: ${fault}`);
    rssMaxMiB = Math.max(rssMaxMiB, rssOf(host.host.agent.pid));
    if (isAway.supervisord) return;
    const processes = await host.processes().catch(() => undefined);
    if (processes === undefined) return;
    // A stopped supervisord keeps its children; one that was killed or restarted does not.
    const hasEnded = touched.has('supervisord') && !wasOnlyStopped(round, name);
    const steady = hasEnded ? new Map() : (steadyByHost.get(name) ?? new Map());
    const stopped = stage.script.stopped();
    const mayRun = (app: string): boolean =>
      app === 'foreign' || (stage.apps().includes(app) && !stopped.has(`${name}/${app}`));
    for (const fault of lookAtProcesses(processes, steady, mayRun)) found.add(`${name}: ${fault}`);
  };
  const watching = { isOn: true };
  const done = stage.hosts.map(async (host) => {
    while (watching.isOn) {
      await look(host);
      await sleep(150);
    }
  });
  return {
    stop: async () => {
      watching.isOn = false;
      await Promise.all(done);
      await Promise.all(stage.hosts.map(look));
      return rssMaxMiB;
    },
  };
}

function wasOnlyStopped(round: Round, host: string): boolean {
  return round.faults
    .filter((fault) => fault.host === host && fault.kind.startsWith('supervisord-'))
    .every(({ kind }) => kind === 'supervisord-stopped');
}
