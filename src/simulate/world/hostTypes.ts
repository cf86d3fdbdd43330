/** The shapes that the parts of a simulated host share. */
import type { State } from '../../../reducers/state.ts';
import type { Recorded } from '../../domain/event.ts';
import type { Log } from '../../log/log.ts';
import type { Loop } from '../../loop.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Rng } from '../kernel/rng.ts';
import type { ModelEtcd } from '../model/etcd.ts';
import type { EtcdWire } from '../model/etcdWire.ts';
import type { FileSystemModel } from '../model/fileSystem.ts';
import type { FileCall, FileFaults } from '../model/fileSystemFaults.ts';
import type { SupervisordWire } from '../model/supervisordClient.ts';
import type { SupervisordModel } from '../model/supervisordModel.ts';
import type { ProcessNews } from '../model/supervisordProcess.ts';

/** Whoever watches over a host. */
export interface HostWitness {
  onLife(initial: State, wasPowerCut: boolean): void;
  onRecorded(recorded: Recorded, before: State, after: State): void;
  onFileCall(call: FileCall): void;
  onFileDone(call: FileCall): void;
  onProcess(news: ProcessNews): void;
  onGroupCall(call: string, groups: readonly string[]): void;
  onDurable(seq: number): void;
  /** supervisord does not start with the files that there are. */
  onStartRefused(why: string): void;
}

export interface SimulatedHostDeps {
  readonly kernel: Kernel;
  readonly rng: Rng;
  readonly etcd: ModelEtcd;
  readonly settings: Settings;
  readonly version: string;
  readonly log: Log;
  readonly witness: HostWitness;
}

export interface SimulatedHost {
  readonly id: string;
  readonly disk: FileSystemModel;
  readonly faults: FileFaults;
  readonly supervisord: SupervisordModel;
  readonly etcdWire: EtcdWire;
  readonly supervisordWire: SupervisordWire;
  /** Undefined while no agent runs. */
  readonly loop: () => Loop | undefined;
  /** Lets an agent begin; no effect while one runs. */
  readonly startAgent: () => void;
  /** At once, or just before its n-th call from now that changes the disk. */
  readonly killAgent: (atCall: number, downMs: number) => void;
  /** The same, and what was not synced is lost; supervisord starts again with the agent. */
  readonly cutPower: (atCall: number, downMs: number) => void;
  /** Until it is to be up again it stays down; its init system starts it then, and when it ends. */
  readonly stopSupervisord: () => void;
  readonly startSupervisord: () => void;
  /** SIGKILL for every supervisorctl that then runs. */
  readonly killUpdate: (afterMs: number) => void;
  /** A crash that was to come at a later call does not come. */
  readonly disarm: () => void;
  /** Addresses that the host has now. */
  addresses: readonly string[];
}
