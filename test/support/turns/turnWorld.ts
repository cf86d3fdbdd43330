/**
 * Hosts that change one app in turns, as models: real keepers over the model of etcd, and in place of
 * each agent the little of its state that wishes for turns. It notes what must never happen.
 */
import { formatHalt, parseHalt } from '../../../src/domain/rollout/turnCodec.ts';
import type { Revision } from '../../../src/domain/types.ts';
import { createKernel, type Kernel } from '../../../src/simulate/kernel/kernel.ts';
import { createRng } from '../../../src/simulate/kernel/rng.ts';
import { createModelEtcd } from '../../../src/simulate/model/etcd.ts';
import { createLeasedEtcd, type LeasedEtcd } from '../leasedEtcd.ts';
import { createHost, fleetPrefix, type TurnHost } from './turnHost.ts';
import { app, look, type SharedWorld, type TurnWorldOptions } from './turnModel.ts';

export interface TurnWorld {
  readonly kernel: Kernel;
  readonly hosts: readonly TurnHost[];
  /** Sentences, of what must never happen; empty when all is well. */
  readonly faults: readonly string[];
  publish(isGood: boolean): void;
  /** Nobody wants anything but what it runs. */
  withdraw(): void;
  /** Of what was published last, by a person. */
  halt(): void;
  resume(): void;
  /** What stands below `rollouts/` but for halts. */
  keysLeft(): readonly string[];
  /** Everybody runs what was published last. */
  isConverged(): boolean;
  /** Of the keepers, to etcd. */
  callCount(): number;
  stop(): void;
}

const haltKey = `${fleetPrefix}/rollouts/${app}/halt`;

export function createTurnWorld(options: TurnWorldOptions): TurnWorld {
  const kernel = createKernel(1_700_000_000_000);
  const world: SharedWorld = {
    ...{ options, kernel, models: [], faults: [], bad: new Set(), halted: undefined },
    etcd: createLeasedEtcd(createModelEtcd(), kernel),
    rng: createRng(options.seed),
    wanted: '1' as Revision,
    ...{ isWithdrawn: false, callCount: 0 },
  };
  const hosts = Array.from({ length: options.hostCount }, (_, index) =>
    createHost(world, `web${String(index + 1)}`, index < options.sickCount),
  );
  const watchHalt = (): void => {
    const value = world.etcd.get(haltKey)?.value;
    const revision = value === undefined ? undefined : parseHalt(value)?.revision;
    if (revision === undefined) world.halted = undefined;
    else if (world.halted?.revision !== revision) {
      world.halted = { revision, atMs: kernel.now() };
    }
  };
  world.etcd.history.follow({ onRevision: watchHalt, onRestart: () => undefined });
  return {
    ...{ kernel, hosts, faults: world.faults },
    publish: (isGood) => {
      world.wanted = String(Number(world.wanted) + 1) as Revision;
      world.isWithdrawn = false;
      if (!isGood) world.bad.add(world.wanted);
      for (const model of world.models) look(world, model);
    },
    withdraw: () => {
      world.isWithdrawn = true;
      for (const model of world.models) look(world, model);
    },
    halt: () => {
      const words = { code: 'E_HALTED', reason: 'wait', by: 'alice', atMs: kernel.now() };
      world.etcd.put(haltKey, formatHalt({ revision: world.wanted, ...words }));
    },
    resume: () => {
      world.etcd.delete(haltKey);
    },
    keysLeft: () => keysBelow(world.etcd, `${fleetPrefix}/rollouts/`),
    isConverged: () =>
      world.models.every(
        ({ running, isUp, turn }) =>
          isUp && turn === 'None' && (world.isWithdrawn || running === world.wanted),
      ),
    callCount: () => world.callCount,
    stop: () => {
      for (const { life } of world.models) life?.kill();
    },
  };
}

function keysBelow(etcd: LeasedEtcd, start: string): readonly string[] {
  const range = { key: Buffer.from(start), rangeEnd: Buffer.from(`${start.slice(0, -1)}0`) };
  const answer = etcd.range(range);
  if (!answer.ok) return [answer.error.detail];
  return answer.value.kvs
    .map(({ key }) => Buffer.from(key).toString())
    .filter((key) => key !== haltKey);
}
