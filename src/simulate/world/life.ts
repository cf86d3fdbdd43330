/**
 * One life of an agent on a simulated host, from the opening of its journal to its end by a kill.
 * The agent is the one of production; only its ports are models.
 */
import type { SchedulerLike, Subscription } from 'rxjs';
import type { Driver } from '../../../effects/drivers/driver.ts';
import { createRpcDriver } from '../../../effects/drivers/rpcDriver.ts';
import { createSupervisorctlDriver } from '../../../effects/drivers/supervisorctlDriver.ts';
import type { State } from '../../../reducers/state.ts';
import { startJournal } from '../../agent/agentJournal.ts';
import { updateTimeoutMs } from '../../agent/executor.ts';
import { createHostAgent, type HostAgent, type HostAgentDeps } from '../../agent/hostAgent.ts';
import type { HostPorts } from '../../agent/hostPorts.ts';
import { logEvents } from '../../agent/logEvents.ts';
import type { Supervisor } from '../../clients/supervisor.ts';
import { ok } from '../../domain/result.ts';
import { failLoudly } from '../../fault.ts';
import type { Loop } from '../../loop.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Rng } from '../kernel/rng.ts';
import { createModelEtcdClient } from '../model/etcdClient.ts';
import type { FileCall } from '../model/fileSystemFaults.ts';
import { createFileSystemWire } from '../model/fileSystemWire.ts';
import { createSupervisordClient, type SupervisordClient } from '../model/supervisordClient.ts';
import type { SupervisordHost } from '../model/supervisordHost.ts';
import { mainConf, segmentBytes } from './hostSettings.ts';
import { createProbe } from './hostFacts.ts';
import type { HostWitness, SimulatedHost, SimulatedHostDeps } from './hostTypes.ts';

/** In milliseconds, as on a host with a fast disk. */
const callMs: Readonly<Partial<Record<FileCall['type'], number>>> = {
  sync: 1,
  datasync: 1,
  rename: 0.1,
};

export interface Life {
  readonly loop: () => Loop | undefined;
  readonly kill: () => void;
  /** SIGKILL for every supervisorctl that runs now. */
  readonly killCommands: () => number;
}

type HostJournal = HostAgentDeps['journal'];

export interface Birth {
  readonly beforeCall: (call: FileCall) => void;
  readonly wasPowerCut: boolean;
  readonly number: number;
}

export function startLife(
  deps: SimulatedHostDeps,
  host: SimulatedHost,
  facts: SupervisordHost,
  { beforeCall, wasPowerCut, number }: Birth,
  onFailed: () => void,
): Life {
  const { kernel, settings, witness, version, log } = deps;
  const rng = deps.rng.fork(`life ${String(number)}`);
  let isOver = false;
  let loop: Loop | undefined;
  let subscription: Subscription | undefined;
  const scheduler = kernel.schedulerFor(() => isOver);
  const etcd = createModelEtcdClient(deps.etcd, {
    ...{ scheduler, rng: rng.fork('etcd'), wire: host.etcdWire },
  });
  const client = createSupervisordClient({
    ...{ model: host.supervisord, scheduler, rng: rng.fork('supervisord') },
    wire: host.supervisordWire,
  });
  const supervisor = watchCalls(client.supervisor, witness);
  const wire = createFileSystemWire({
    ...{ model: host.disk, scheduler, faults: host.faults },
    latencyMs: ({ type }) => callMs[type] ?? 0,
    before: beforeCall,
    after: witness.onFileDone,
  });
  const nonces = rng.fork('nonces');
  const files = { fileSystem: wire.fileSystem, nonce: () => nonceOf(nonces) };
  const ports: HostPorts = {
    ...{ scheduler, files, etcd, supervisor, identity: identityOf(host) },
    random: () => rng.next(),
    driver: createDriver(settings, supervisor, scheduler, client.runCommand, witness),
    probe: createProbe(facts, scheduler, () => host.supervisord.reachability() === 'Answers'),
    letArrive: () => Promise.resolve(),
  };

  const begin = async (): Promise<void> => {
    const journal = await startJournal(settings, { files, scheduler, log, version, segmentBytes });
    if (!journal.ok) return onFailed();
    const { initialState } = journal.value;
    witness.onLife(initialState, wasPowerCut);
    const agent: HostAgent = await createHostAgent(settings, {
      ports,
      journal: watchCommits(journal.value, witness, () => agent.loop.current().state.seq),
      owner: { uid: 0, gid: 0 },
      followConfDir: () => Promise.resolve(ok(undefined)),
      onSwept: () => undefined,
    });
    if (isOver) return;
    loop = agent.loop;
    tellWitness(agent.loop, initialState, witness, () => isOver);
    logEvents(agent.loop, log);
    subscription = agent.begin({ version, pid: number });
  };
  void begin();
  return {
    loop: () => loop,
    killCommands: client.killCommands,
    kill: () => {
      isOver = true;
      etcd.kill();
      client.kill();
      wire.kill();
      subscription?.unsubscribe();
    },
  };
}

/** Tells up to where the journal is known to be on disk. */
function watchCommits(
  journal: HostJournal,
  { onDurable }: HostWitness,
  newestSeq: () => number,
): HostJournal {
  return {
    ...journal,
    commitIntent: async () => {
      const seq = newestSeq();
      const committed = await journal.commitIntent();
      if (committed.ok) onDurable(seq);
      return committed;
    },
  };
}

function tellWitness(
  loop: Loop,
  initial: State,
  witness: HostWitness,
  isOver: () => boolean,
): void {
  let before = initial;
  loop.recorded$.subscribe({
    next: (recorded) => {
      if (isOver()) return;
      const after = loop.current().state;
      witness.onRecorded(recorded, before, after);
      before = after;
    },
    error: failLoudly,
  });
}

function createDriver(
  settings: Settings,
  supervisor: Supervisor,
  scheduler: SchedulerLike,
  run: SupervisordClient['runCommand'],
  { onGroupCall }: HostWitness,
): Driver {
  const options = { timeoutMs: updateTimeoutMs };
  if (settings.supervisor.driver === 'rpc') {
    return createRpcDriver({ ...supervisor, scheduler }, options);
  }
  const runCommand: SupervisordClient['runCommand'] = (on, request) => {
    onGroupCall('update', request.args.slice(request.args.indexOf('update') + 1));
    return run(on, request);
  };
  return createSupervisorctlDriver(
    { scheduler, env: {}, runCommand },
    { ...options, configPath: mainConf },
  );
}

/** Tells which groups each call wants to change. */
function watchCalls(supervisor: Supervisor, { onGroupCall }: HostWitness): Supervisor {
  const groupsOf = (ids: readonly string[]): readonly string[] =>
    ids.map((id) => id.slice(0, id.indexOf(':')));
  return {
    ...supervisor,
    stopProcesses: (ids) => {
      onGroupCall('stop', groupsOf(ids));
      return supervisor.stopProcesses(ids);
    },
    startProcesses: (ids) => {
      onGroupCall('start', groupsOf(ids));
      return supervisor.startProcesses(ids);
    },
    removeGroups: (names) => {
      onGroupCall('remove', names);
      return supervisor.removeGroups(names);
    },
    addGroups: (names) => {
      onGroupCall('add', names);
      return supervisor.addGroups(names);
    },
  };
}

function identityOf(host: SimulatedHost): HostPorts['identity'] {
  return {
    hostname: () => host.id,
    networkInterfaces: () => ({
      eth0: host.addresses.map((address) => ({
        ...{ address, family: 'IPv4' as const, netmask: '255.255.255.0', internal: false },
        ...{ mac: '00:00:00:00:00:00', cidr: `${address}/24` },
      })),
    }),
  };
}

function nonceOf(rng: Rng): string {
  const half = (): string =>
    rng
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return half() + half();
}
