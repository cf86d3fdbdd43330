/**
 * A whole cluster in one process: one etcd, some hosts, and everything that can happen to them.
 * Deterministic: the same seed and the same actions give the same events.
 */
import type { SimulatedHost } from './hostTypes.ts';
import { createSimulatedHost } from './simulatedHost.ts';
import { createKernel, type Kernel } from '../kernel/kernel.ts';
import { createRng } from '../kernel/rng.ts';
import { createModelEtcd, type EtcdSnapshot, type ModelEtcd } from '../model/etcd.ts';
import type { Violation } from '../invariants.ts';
import { hostAddress } from '../script/drawScript.ts';
import { createHostWatch, type HostWatch } from './hostWatch.ts';
import { type HostVariation, hostSettings } from './hostSettings.ts';

export interface WorldOptions {
  readonly seed: string;
  readonly hosts: number;
  readonly variation: HostVariation;
  readonly version: string;
  readonly onViolation: (violation: Violation) => void;
}

export interface WorldHost extends SimulatedHost {
  readonly watch: HostWatch;
}

export interface World {
  readonly kernel: Kernel;
  readonly etcd: ModelEtcd;
  readonly hosts: readonly WorldHost[];
  /** Since the beginning, in virtual milliseconds. */
  readonly elapsedMs: () => number;
  /** All that the agents have recorded, together. */
  readonly events: () => number;
  /** The newest backup of etcd. */
  backup: EtcdSnapshot | undefined;
}

/** 2026-01-01T00:00:00Z: any time would do, as long as it is always the same. */
const startMs = 1_767_225_600_000;

export function createWorld(options: WorldOptions): World {
  const kernel = createKernel(startMs);
  const rng = createRng(options.seed);
  const etcd = createModelEtcd({ revision: 10n });
  const elapsedMs = (): number => kernel.now() - startMs;
  const hosts = Array.from({ length: options.hosts }, (_, index): WorldHost => {
    const id = `web${String(index + 1)}`;
    const settings = hostSettings(id, options.variation);
    const watch = createHostWatch({
      ...{ id, settings, etcd, kernel },
      complain: (invariant, detail) => {
        options.onViolation({ invariant, atMs: elapsedMs(), host: id, detail });
      },
    });
    const host = createSimulatedHost({
      ...{ kernel, etcd, settings, version: options.version },
      ...{ rng: rng.fork(id), log: watch.log, witness: watch },
    });
    host.addresses = [hostAddress(index)];
    watch.attach(host);
    return Object.assign(host, { watch });
  });
  return {
    ...{ kernel, etcd, hosts, elapsedMs, backup: undefined },
    events: () => hosts.reduce((sum, { watch }) => sum + watch.events(), 0),
  };
}

/** supervisord first, then the agent, on every host. */
export function startWorld({ hosts }: World): void {
  for (const host of hosts) {
    host.startSupervisord();
    host.startAgent();
  }
}

export function hostOf({ hosts }: World, index: number): WorldHost {
  const host = hosts[index];
  if (host === undefined) throw new RangeError(`there is no host ${String(index)}`);
  return host;
}
