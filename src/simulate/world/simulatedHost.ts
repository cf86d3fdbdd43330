/**
 * One host of the simulated cluster: a disk, a supervisord, wires, and one life of an agent after
 * another. The agent is the one of production; only its ports are models.
 */
import type { Due, Kernel } from '../kernel/kernel.ts';
import { createEtcdWire } from '../model/etcdWire.ts';
import { createFileSystemModel, type FileSystemModel } from '../model/fileSystem.ts';
import { createFileFaults, type FileCall } from '../model/fileSystemFaults.ts';
import { calmWire } from '../model/supervisordClient.ts';
import { createSupervisord } from '../model/supervisord.ts';
import type { SupervisordModel } from '../model/supervisordModel.ts';
import { createConfReader } from './confReader.ts';
import { hostOf } from './hostFacts.ts';
import { confDir, mainConf, mainConfText } from './hostSettings.ts';
import type { SimulatedHost, SimulatedHostDeps } from './hostTypes.ts';
import { type Life, startLife } from './life.ts';

type CrashType = 'Kill' | 'PowerCut';

/** Waits for the n-th call of the disk. */
function createCrash(end: (type: CrashType, downMs: number) => void) {
  let armed: { readonly type: CrashType; readonly downMs: number; calls: number } | undefined;
  const fire = (type: CrashType, downMs: number): void => {
    armed = undefined;
    end(type, downMs);
  };
  return {
    arm: (type: CrashType, calls: number, downMs: number): void => {
      if (calls <= 0) fire(type, downMs);
      else armed = { type, downMs, calls };
    },
    disarm: (): void => {
      armed = undefined;
    },
    count: (): void => {
      if (armed !== undefined && --armed.calls <= 0) fire(armed.type, armed.downMs);
    },
  };
}

function createHostDisk(kernel: Kernel): FileSystemModel {
  const disk = createFileSystemModel({ nowMs: () => Math.floor(kernel.now()) });
  disk.mkdir(confDir);
  disk.mkdir('/var/lib');
  disk.writeFile(mainConf, mainConfText);
  disk.syncAll();
  return disk;
}

export function createSimulatedHost(deps: SimulatedHostDeps): SimulatedHost {
  const { kernel, settings, witness } = deps;
  const disk = createHostDisk(kernel);
  const faults = createFileFaults();
  const facts = hostOf(settings.host.id);
  const supervisord = createSupervisord({
    now: kernel.now,
    readConfs: createConfReader(disk),
    host: facts,
    onNews: witness.onProcess,
    onDue: () => wakeSupervisord(),
  });
  const wakeSupervisord = createWaker(kernel, supervisord);
  const keeper = createKeeper(kernel, supervisord, deps.witness.onStartRefused);
  const etcdWire = createEtcdWire();
  const supervisordWire = calmWire();
  const crashes = deps.rng.fork('crashes');
  let life: Life | undefined;
  let lives = 0;
  let wasPowerCut = false;

  const crash = createCrash((type, downMs) => {
    life?.kill();
    life = undefined;
    if (type === 'PowerCut') {
      wasPowerCut = true;
      keeper.stop();
      supervisord.cutPower();
      disk.crash(crashes);
    }
    kernel.after(downMs, () => {
      if (type === 'PowerCut') keeper.start();
      host.startAgent();
    });
  });
  const beforeCall = (call: FileCall): void => {
    witness.onFileCall(call);
    crash.count();
  };
  /** With no agent there are no calls to wait for. */
  const endAt = (type: CrashType, calls: number, downMs: number): void =>
    crash.arm(type, life === undefined ? 0 : calls, downMs);

  const host: SimulatedHost = {
    ...{ id: settings.host.id, disk, faults, supervisord, etcdWire, supervisordWire },
    addresses: [],
    stopSupervisord: () => {
      keeper.stop();
      supervisord.terminate();
    },
    startSupervisord: keeper.start,
    loop: () => life?.loop(),
    startAgent: () => {
      if (life !== undefined) return;
      lives += 1;
      const before = { beforeCall, wasPowerCut, number: lives };
      wasPowerCut = false;
      life = startLife(deps, host, facts, before, () => {
        // As with systemd: what cannot start is started again.
        life = undefined;
        kernel.after(1_000, () => host.startAgent());
      });
    },
    killUpdate: (afterMs) => {
      kernel.after(afterMs, () => life?.killCommands());
    },
    disarm: crash.disarm,
    killAgent: (calls, downMs) => endAt('Kill', calls, downMs),
    cutPower: (calls, downMs) => endAt('PowerCut', calls, downMs),
  };
  return host;
}

/** Lets supervisord's own time pass exactly when it has something to do. */
function createWaker(kernel: Kernel, supervisord: SupervisordModel): () => void {
  let due: { readonly atMs: number; readonly entry: Due } | undefined;
  const wake = (): void => {
    const atMs = supervisord.nextDueMs();
    if (atMs === undefined || (due !== undefined && due.atMs <= atMs)) return;
    due?.entry.cancel();
    const entry = kernel.after(atMs - kernel.now(), () => {
      due = undefined;
      supervisord.advance(kernel.now());
      wake();
    });
    due = { atMs, entry };
  };
  return wake;
}

const restartMs = 1_000;

/** What an init system does: supervisord is started when it should run and does not. */
function createKeeper(
  kernel: Kernel,
  supervisord: SupervisordModel,
  onRefused: (why: string) => void,
) {
  let isWanted = false;
  let isLooking = false;
  const look = (): void => {
    isLooking = false;
    if (!isWanted) return;
    const reachability = supervisord.reachability();
    if (reachability !== 'Answers' && reachability !== 'Hangs') {
      const started = supervisord.start();
      if (!started.ok) onRefused(started.error);
    }
    isLooking = true;
    kernel.after(restartMs, look);
  };
  return {
    stop: (): void => {
      isWanted = false;
    },
    start: (): void => {
      isWanted = true;
      if (!isLooking) look();
    },
  };
}
