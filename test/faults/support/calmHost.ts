/**
 * The stage of a fault of supervisord: a host on which `calm` runs and must run on, beside a group
 * of somebody else's; and the questions that every such test asks.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AgentHost,
  type AgentHostOptions,
  sleeper,
  startAgentHost,
} from '../../support/agentHost.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { waitFor } from '../../support/waitFor.ts';
import { startWitness, type Witness } from './witness.ts';

export interface CalmHost extends AgentHost {
  /** Watches that these groups keep their processes; always also that no foreign file changes. */
  witness(...running: readonly string[]): Promise<Witness>;
  /** `app` is RUNNING with content `n` of `sleeper`, as the process itself has it. */
  runs(app: string, n: number): Promise<boolean>;
  /** Publishes content `n` and waits until it runs. */
  run(app: string, n?: number): Promise<number>;
  /** Resolves when `/readyz` says 503 and one of these. */
  waitUntilUnready(...reasons: readonly string[]): Promise<void>;
  /** Nothing is left to do, and nothing held for want of it. */
  waitUntilAtRest(): Promise<void>;
  /** How many steps of this kind were carried out, whatever came of them. */
  stepCount(type: string): Promise<number>;
}

const foreignName = 'foreign.conf';
/** For a supervisord that is started elsewhere. */
export const foreignConf: Readonly<Record<string, string>> = {
  [foreignName]: `[program:foreign]\n${sleeper()}`,
};

/** `calm` and `foreign` run when this resolves. */
export async function startCalmHost(options: AgentHostOptions): Promise<CalmHost> {
  const supervisord = options.supervisord ?? (await startSupervisord({ confs: foreignConf }));
  const host = await startAgentHost({ ...options, supervisord });
  const runs = async (app: string, n: number): Promise<boolean> => {
    const found = await host.process(app);
    return found?.statename === 'RUNNING' && environmentOf(found.pid).includes(`N=${String(n)}`);
  };
  const run = async (app: string, n = 1): Promise<number> => {
    const revision = await host.publish(app, sleeper(n));
    await waitFor(`${app} to run content ${String(n)}`, () => runs(app, n));
    await host.waitUntilApplied(revision);
    return (await host.process(app))?.pid ?? 0;
  };
  const calmHost: CalmHost = {
    ...host,
    runs,
    run,
    witness: (...running) =>
      startWitness({
        processes: supervisord.processes,
        running,
        foreign: [join(supervisord.confDir, foreignName)],
      }),
    waitUntilUnready: async (...wanted) => {
      await waitFor(`/readyz to say ${wanted.join(' or ')}`, async () => {
        const { status, reasons } = await host.readiness();
        const isTold = wanted.some((reason) => reasons.includes(reason));
        if (status !== 503 || !isTold) throw new Error(reasons);
        return true;
      });
    },
    waitUntilAtRest: async () => {
      await waitFor('nothing to be left to do', async () => {
        const { plan, held } = await host.view();
        if (plan.steps.length > 0 || held.length > 0) throw new Error(JSON.stringify(held));
        return (await host.readiness()).status === 200;
      });
    },
    stepCount: async (type) => {
      const text = await (await fetch(`${host.agent.url}/metrics`)).text();
      const lines = text.matchAll(
        new RegExp(`^supervene_plan_steps_total\\{type="${type}",.*\\} (\\d+)$`, 'gm'),
      );
      return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
    },
  };
  try {
    await run('calm');
    await host.supervisord.waitForState('foreign:foreign', 'RUNNING');
    await host.agent.waitUntilReady();
  } catch (error) {
    await host.stop();
    throw error;
  }
  return calmHost;
}

/** Empty when there is no such process. */
function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
