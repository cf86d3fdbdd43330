/**
 * One host of the simulated cluster: a disk, a supervisord, wires, and one life of an agent after
 * another. The agent is the one of production; only its ports are models.
 */
import type { Due, Kernel } from '../kernel/kernel.ts';
import { createEtcdWire } from '../model/etcdWire.ts';
import { createFileSystemModel } from '../model/fileSystem.ts';
import { createFileFaults, type FileCall } from '../model/fileSystemFaults.ts';
import { calmWire } from '../model/supervisordClient.ts';
import { createSupervisord } from '../model/supervisord.ts';
import type { SupervisordModel } from '../model/supervisordModel.ts';
import { createConfReader } from './confReader.ts';
import { hostOf } from './hostFacts.ts';
import { confDir, mainConf, mainConfText } from './hostSettings.ts';
import type { SimulatedHost, SimulatedHostDeps } from './hostTypes.ts';
import { type Life, startLife } from './life.ts';

type Wait = Readonly<{ type: 'Kill' | 'PowerCut'; downMs: number }> & { calls: number };

export function createSimulatedHost(deps: SimulatedHostDeps): SimulatedHost {
  const { kernel, settings, witness } = deps;
  const disk = createFileSystemModel({ nowMs: () => Math.floor(kernel.now()) });
  disk.mkdir(confDir);
  disk.mkdir('/var/lib');
  disk.writeFile(mainConf, mainConfText);
  disk.syncAll();
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
  let wait: Wait | undefined;
  let wasPowerCut = false;

  const end = ({ type, downMs }: Wait): void => {
    wait = undefined;
    life?.kill();
    life = undefined;
    if (type === 'PowerCut') {
      wasPowerCut = true;
      keeper.stop();
      supervisord.kill();
      disk.crash(crashes);
    }
    kernel.after(downMs, () => {
      if (type === 'PowerCut') keeper.start();
      host.startAgent();
    });
  };
  const endWhen = (next: Wait): void => {
    if (life === undefined || next.calls <= 0) end(next);
    else wait = next;
  };
  const beforeCall = (call: FileCall): void => {
    witness.onFileCall(call);
    if (wait !== undefined && --wait.calls <= 0) end(wait);
  };

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
    disarm: () => {
      wait = undefined;
    },
    killAgent: (calls, downMs) => endWhen({ type: 'Kill', calls, downMs }),
    cutPower: (calls, downMs) => endWhen({ type: 'PowerCut', calls, downMs }),
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
