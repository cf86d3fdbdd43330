/**
 * The agent's composition root: lock, journal, clients, the loop between sources and hands.
 *
 * The only place where all parts meet and the only production `subscribe` on the sources. Starts
 * from the journal's last state, so that nothing owed is forgotten, and ends within 5 s of SIGTERM.
 */
import type { SchedulerLike } from 'rxjs';
import { runCommand } from '../../effects/drivers/runCommand.ts';
import { createEtcdClient, type EtcdClient } from '../clients/etcd.ts';
import { nodeFileDeps } from '../clients/fileSystem.ts';
import { createSupervisor, type Supervisor } from '../clients/supervisor.ts';
import { createSupervisorLogs } from '../clients/supervisorLogs.ts';
import { loadTrust, type Trust } from '../clients/trustKeys.ts';
import { ok, type Result } from '../domain/result.ts';
import type { Log } from '../log/log.ts';
import { etcdConnection, httpToken, supervisorConnection } from '../settings/connections.ts';
import type { Settings } from '../settings/settings.ts';
import { createDriver, createProbe } from './executor.ts';
import { createFleetTally } from './fleet/fleetTally.ts';
import { startFleet } from './fleet/startFleet.ts';
import { lookUpOwner } from './fileOwner.ts';
import { logEvents } from './logEvents.ts';
import { openAgentJournal } from './agentJournal.ts';
import { createHostAgent } from './hostAgent.ts';
import type { HostPorts } from './hostPorts.ts';
import { createLogReader } from './processLog.ts';
import { serve } from './serve.ts';
import { createServiceManager } from './serviceManager.ts';
import { createSteadyScheduler } from './steadyScheduler.ts';
import { startTemplates } from './templates/startTemplates.ts';
import { warnOfEtcd } from './warnOfEtcd.ts';

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
  const access = await readAccess(settings);
  if (!access.ok) return access;
  const { owner, token, supervisorOptions } = access.value;
  const trust = await loadTrust(settings.trust);
  tellTrust(settings, trust, log);
  const scheduler = createSteadyScheduler();
  const journalDeps = { scheduler, log, version, trust: trust?.settings };
  const journal = await openAgentJournal(settings, journalDeps);
  if (!journal.ok) return journal;
  scheduler.raiseTo(journal.value.initialState.atMs);
  const etcd = createEtcdClient(access.value.etcdOptions);
  const supervisor = createSupervisor(supervisorOptions);
  const logs = createSupervisorLogs(supervisorOptions);
  const timed = createTimedSupervisor(supervisor);
  const agent = await createHostAgent(settings, {
    ports: realPorts(settings, scheduler, etcd, timed),
    journal: journal.value,
    ...{ owner, trust },
    followConfDir: journal.value.followConfDir,
    onSwept: (files) => log.info({ files }, 'swept left-over files'),
  });
  const { loop } = agent;
  const tally = createFleetTally(settings.host.id, log);
  const templateDeps = { etcd, loop, scheduler, random: Math.random, log };
  const templates = await startTemplates(settings, templateDeps);
  const served = await serve(settings, {
    ...{ loop, log, version, journal: journal.value },
    ...{ httpToken: token, fleetFacts: tally.facts },
    templatesFacts: templates.facts,
    readLog: createLogReader({ state: () => loop.current().state, logs, supervisor }),
  });
  if (!served.ok) {
    await templates.stop();
    await journal.value.close();
    return served;
  }
  timed.onPoll(served.value.onPoll);
  logEvents(loop, log);
  warnOfEtcd(loop, etcd, log);
  const subscription = agent.begin({ version, pid: process.pid });
  const { env, pid } = process;
  const fleet = startFleet(settings, {
    ...{ etcd, supervisor, loop, scheduler, log, version, tally },
    random: Math.random,
    journalFault: () => loop.journalFault() ?? journal.value.fault(),
    aside: templates,
  });
  const manager = createServiceManager({ env, pid, scheduler, runCommand, log });
  manager.begin(served.value);
  log.info({ host: settings.host.id, etcd: settings.etcd.endpoints, version }, 'agent started');
  return ok({
    stop: async () => {
      subscription.unsubscribe();
      const told = manager.end();
      const left = Promise.all([fleet.stop(), templates.stop()]);
      await Promise.race([loop.drain(), new Promise((resolve) => setTimeout(resolve, drainMs))]);
      await left;
      await served.value.close();
      etcd.close();
      supervisor.close();
      logs.close();
      await journal.value.close();
      await told;
    },
  });
}

/** What stands in files of their own, and in the system's. */
async function readAccess(settings: Settings) {
  const etcdOptions = etcdConnection(settings);
  if (!etcdOptions.ok) return etcdOptions;
  const supervisorOptions = supervisorConnection(settings);
  if (!supervisorOptions.ok) return supervisorOptions;
  const token = httpToken(settings);
  if (!token.ok) return token;
  const owner = await lookUpOwner(settings.files.owner);
  if (!owner.ok) return owner;
  return ok({
    ...{ etcdOptions: etcdOptions.value, supervisorOptions: supervisorOptions.value },
    ...{ token: token.value, owner: owner.value },
  });
}

function tellTrust({ trust: { mode, dir } }: Settings, trust: Trust | undefined, log: Log): void {
  if (trust === undefined) return;
  const { fault, keys } = trust.settings;
  const names = keys.map(({ name }) => name);
  if (fault === undefined) log.info({ mode, dir, keys: names }, 'signatures are looked at');
  else if (mode === 'enforce') log.error({ mode, dir }, `nothing new is accepted: ${fault}`);
  else log.warn({ mode, dir }, `no signature can be believed: ${fault}`);
}

function realPorts(
  settings: Settings,
  scheduler: SchedulerLike,
  etcd: EtcdClient,
  supervisor: Supervisor,
): HostPorts {
  return {
    scheduler,
    wallMs: Date.now,
    random: Math.random,
    files: nodeFileDeps,
    etcd,
    supervisor,
    driver: createDriver(settings, supervisor),
    probe: createProbe(settings, supervisor),
    identity: {},
    letArrive: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

/** Tells how many seconds each look at the processes took. */
function createTimedSupervisor(
  supervisor: Supervisor,
): Supervisor & { onPoll(listener: (seconds: number) => void): void } {
  let tell: (seconds: number) => void = () => undefined;
  return {
    ...supervisor,
    getAllProcessInfo: async () => {
      const beganMs = performance.now();
      const result = await supervisor.getAllProcessInfo();
      tell((performance.now() - beganMs) / 1000);
      return result;
    },
    onPoll: (listener) => {
      tell = listener;
    },
  };
}
