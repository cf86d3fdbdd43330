/**
 * Modelled hosts: agents as in production, in this one process and in real time, each with a real
 * etcd client of its own, on disks and supervisords that are models.
 *
 * What they cost etcd is what as many hosts would cost it. What they cost this process, and how fast
 * they are, says little of a host: they share one core.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SchedulerLike } from 'rxjs';
import { createRpcDriver } from '../../effects/drivers/rpcDriver.ts';
import { startJournal } from '../../src/agent/agentJournal.ts';
import { createFleetTally } from '../../src/agent/fleet/fleetTally.ts';
import { startFleet } from '../../src/agent/fleet/startFleet.ts';
import { createHostAgent } from '../../src/agent/hostAgent.ts';
import { createSteadyScheduler } from '../../src/agent/steadyScheduler.ts';
import { createEtcdClient } from '../../src/clients/etcd.ts';
import { ok } from '../../src/domain/result.ts';
import type { Log } from '../../src/log/log.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { createRng, type Rng } from '../../src/simulate/kernel/rng.ts';
import { createFileSystemModel } from '../../src/simulate/model/fileSystem.ts';
import { createFileSystemWire } from '../../src/simulate/model/fileSystemWire.ts';
import { createSupervisord } from '../../src/simulate/model/supervisord.ts';
import { createSupervisordClient, calmWire } from '../../src/simulate/model/supervisordClient.ts';
import type { SupervisordModel } from '../../src/simulate/model/supervisordModel.ts';
import { createConfReader } from '../../src/simulate/world/confReader.ts';
import { createProbe, hostOf } from '../../src/simulate/world/hostFacts.ts';
import {
  confDir,
  hostSettings,
  mainConf,
  mainConfText,
  segmentBytes,
} from '../../src/simulate/world/hostSettings.ts';
import type { Etcd } from '../../test/support/etcd.ts';
import { createTempDir } from '../../test/support/tempDir.ts';
import { rssMb } from '../processCost.ts';
import { type BenchFleet, nowMs } from './benchFleet.ts';

/** As slow as a real supervisord with some hundred processes: agents ask again after 20 times that. */
const callMs = [40, 60] as const;

interface ModelHost {
  readonly starts: ReadonlyMap<string, readonly number[]>;
  stop(): Promise<void>;
}

export async function startModelFleet(etcd: Etcd, hosts: number): Promise<BenchFleet> {
  const dir = await createTempDir('model');
  const started: ModelHost[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.splice(0).map((host) => host.stop()));
    await dir.remove();
  };
  try {
    for (let index = 0; index < hosts; index += 1) {
      // The only thing of a host that is on a real disk: which agent this is.
      const journalDir = join(dir.path, String(index));
      await mkdir(journalDir);
      started.push(await startModelHost(etcd, index, journalDir));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    etcd,
    hosts,
    runningAt: (app, sinceMs) =>
      started.flatMap(({ starts }) =>
        (starts.get(app) ?? []).filter((ms) => ms >= sinceMs).slice(0, 1),
      ),
    agentsCpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    agentsRssMb: () => rssMb(process.pid),
    stop,
  };
}

async function startModelHost(
  etcdServer: Etcd,
  index: number,
  journalDir: string,
): Promise<ModelHost> {
  const id = `host-${String(index)}`;
  const rng = createRng(id);
  const scheduler = createSteadyScheduler();
  const settings = settingsOf(id, etcdServer, journalDir);
  const starts = new Map<string, number[]>();
  const { disk, supervisord } = createMachine(settings, scheduler, (app) => {
    starts.set(app, [...(starts.get(app) ?? []), nowMs()]);
  });
  const etcd = createEtcdClient({ endpoints: [etcdServer.endpoint] });
  const client = createSupervisordClient({
    ...{ model: supervisord, scheduler, rng: rng.fork('supervisord') },
    wire: { ...calmWire(), callMs },
  });
  const wire = createFileSystemWire({ model: disk, scheduler });
  const files = { fileSystem: wire.fileSystem, nonce: nonces(rng.fork('nonces')) };
  const journal = await startJournal(settings, {
    ...{ files, scheduler, log: silence, version: 'bench', segmentBytes },
  });
  if (!journal.ok) throw new Error(journal.error);
  const { supervisor } = client;
  const agent = await createHostAgent(settings, {
    ports: {
      ...{ scheduler, files, etcd, supervisor },
      random: () => rng.next(),
      driver: createRpcDriver({ ...supervisor, scheduler }, { timeoutMs: 10_000 }),
      probe: createProbe(hostOf(id), scheduler, () => true),
      identity: identityOf(id, index),
      letArrive: () => new Promise((resolve) => setImmediate(resolve)),
    },
    journal: journal.value,
    owner: { uid: 0, gid: 0 },
    followConfDir: () => Promise.resolve(ok(undefined)),
    onSwept: () => undefined,
  });
  const { loop } = agent;
  const subscription = agent.begin({ version: 'bench', pid: index + 1 });
  const fleet = startFleet(settings, {
    ...{ etcd, supervisor, loop, scheduler, log: silence, version: 'bench' },
    random: () => rng.next(),
    tally: createFleetTally(id, silence),
    journalFault: () => undefined,
  });
  return {
    starts,
    stop: async () => {
      subscription.unsubscribe();
      await fleet.stop();
      etcd.close();
      client.kill();
      wire.kill();
    },
  };
}

function settingsOf(id: string, etcd: Etcd, journalDir: string): Settings {
  const settings = hostSettings(id, { driver: 'rpc' });
  return {
    ...settings,
    etcd: { ...settings.etcd, endpoints: [etcd.endpoint] },
    journal: { ...settings.journal, dir: journalDir },
    fleet: { ...settings.fleet, report: 'on', requests: 'on' },
  };
}

function createMachine(
  { host, journal }: Settings,
  scheduler: SchedulerLike,
  onRunning: (app: string) => void,
) {
  const disk = createFileSystemModel({ nowMs: () => scheduler.now() });
  disk.mkdir(confDir);
  disk.mkdir(journal.dir);
  disk.writeFile(mainConf, mainConfText);
  const supervisord: SupervisordModel = createSupervisord({
    now: () => scheduler.now(),
    readConfs: createConfReader(disk),
    host: hostOf(host.id),
    onNews: ({ type, group }) => {
      if (type === 'Started') onRunning(group);
    },
    onDue: () => wake(),
  });
  let timer: { readonly atMs: number; readonly handle: NodeJS.Timeout } | undefined;
  const wake = (): void => {
    const atMs = supervisord.nextDueMs();
    if (atMs === undefined || (timer !== undefined && timer.atMs <= atMs)) return;
    if (timer !== undefined) clearTimeout(timer.handle);
    const handle = setTimeout(
      () => {
        timer = undefined;
        supervisord.advance(scheduler.now());
        wake();
      },
      Math.max(1, atMs - scheduler.now()),
    ).unref();
    timer = { atMs, handle };
  };
  const begun = supervisord.start();
  if (!begun.ok) throw new Error(begun.error);
  return { disk, supervisord };
}

function identityOf(id: string, index: number) {
  const address = `10.2.${String(index >> 8)}.${String(index & 255)}`;
  const eth0 = [
    {
      ...{ address, family: 'IPv4' as const, netmask: '255.0.0.0', internal: false },
      ...{ mac: '00:00:00:00:00:00', cidr: `${address}/8` },
    },
  ];
  return { hostname: () => id, networkInterfaces: () => ({ eth0 }) };
}

function nonces(rng: Rng): () => string {
  const half = (): string =>
    rng
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return () => half() + half();
}

const silence: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
