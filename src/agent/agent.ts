/**
 * The agent's composition root: lock, journal, clients, the loop between sources and hands.
 *
 * The only place where all parts meet and the only production `subscribe` on the sources. Starts
 * from the journal's last state, so that nothing owed is forgotten, and ends within 5 s of SIGTERM.
 */
import { createConfFiles } from '../../effects/confFiles.ts';
import { applyPlan } from '../../effects/applyPlan.ts';
import { createEtcdClient } from '../clients/etcd.ts';
import { createSupervisor } from '../clients/supervisor.ts';
import { ok, type Result } from '../domain/result.ts';
import { failLoudly } from '../fault.ts';
import type { Log } from '../log/log.ts';
import { createLoop, type Loop } from '../loop.ts';
import { etcdConnection, supervisorConnection } from '../settings/connections.ts';
import { type Settings, toDecisionSettings } from '../settings/settings.ts';
import { createExecutor } from './executor.ts';
import { lookUpOwner } from './fileOwner.ts';
import { logEvents } from './logEvents.ts';
import { openAgentJournal } from './agentJournal.ts';
import { serve } from './serve.ts';
import { watchEverything } from './sources.ts';

export interface AgentDeps {
  readonly log: Log;
  readonly version: string;
}

/** The step in hand may take this long after SIGTERM, in milliseconds. */
const drainMs = 3_000;

/** Runs until it is told to end; resolves with the exit code. */
export async function runAgent(settings: Settings, deps: AgentDeps): Promise<number> {
  const started = await startAgent(settings, deps);
  if (!started.ok) {
    deps.log.error({ host: settings.host.id }, started.error);
    return 1;
  }
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  deps.log.info({ signal }, 'ending: the step in hand is finished or abandoned');
  await started.value.stop();
  return 0;
}

/** The error is a sentence for people: what, where, and what to do. */
async function startAgent(
  settings: Settings,
  { log, version }: AgentDeps,
): Promise<Result<{ stop(): Promise<void> }, string>> {
  const etcdOptions = etcdConnection(settings);
  if (!etcdOptions.ok) return etcdOptions;
  const supervisorOptions = supervisorConnection(settings);
  if (!supervisorOptions.ok) return supervisorOptions;
  const owner = await lookUpOwner(settings.files.owner);
  if (!owner.ok) return owner;
  const journal = await openAgentJournal(settings, { log, version });
  if (!journal.ok) return journal;
  const etcd = createEtcdClient(etcdOptions.value);
  const supervisor = createSupervisor(supervisorOptions.value);
  const confFiles = createConfFiles({
    confDir: settings.files.dir,
    mode: settings.files.mode,
    ...owner.value,
  });
  const swept = await confFiles.sweepTemporaries();
  if (swept.removed.length > 0) log.info({ files: swept.removed }, 'swept left-over files');
  const hands = createExecutor(settings, supervisor, confFiles);
  const loop = createLoop(
    {
      nowMs: Date.now,
      journal: journal.value,
      run: (plan) => applyPlan(plan, hands),
      retryLater: (again) => void setTimeout(again, 1_000),
    },
    journal.value.initialState,
  );
  journal.value.setCheckpoint(() => loop.current().state);
  const served = await serve(settings, { loop, log, version, journal: journal.value });
  if (!served.ok) {
    await journal.value.close();
    return served;
  }
  logEvents(loop, log);
  begin(settings, loop, version);
  const subscription = watchEverything({
    loop,
    etcd,
    supervisor,
    settings,
    owner: owner.value,
    followConfDir: journal.value.followConfDir,
    random: Math.random,
    onPoll: served.value.onPoll,
  }).subscribe({ next: loop.dispatch, error: failLoudly });
  log.info({ host: settings.host.id, etcd: settings.etcd.endpoints, version }, 'agent started');
  return ok({
    stop: async () => {
      subscription.unsubscribe();
      await Promise.race([loop.drain(), new Promise((resolve) => setTimeout(resolve, drainMs))]);
      await served.value.close();
      etcd.close();
      supervisor.close();
      await journal.value.close();
    },
  });
}

function begin(settings: Settings, loop: Loop, version: string): void {
  loop.dispatch({
    type: 'AgentStarted',
    version,
    pid: process.pid,
    settings: toDecisionSettings(settings),
  });
}
