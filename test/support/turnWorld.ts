/**
 * Hosts that change one app in turns, as models: real keepers over the model of etcd, and in place of
 * each agent the little of its state that wishes for turns. It notes what must never happen.
 */
import { startTurnKeeper, type TurnKeeper } from '../../effects/rollout/turnKeeper.ts';
import { encodeReport } from '../../src/domain/fleet/reportCodec.ts';
import type { TurnWish } from '../../src/domain/rollout/turn.ts';
import { formatHalt, parseHalt } from '../../src/domain/rollout/turnCodec.ts';
import { type AppName, type Revision, revisionZero } from '../../src/domain/types.ts';
import { createKernel, type Kernel } from '../../src/simulate/kernel/kernel.ts';
import { createRng, type Rng } from '../../src/simulate/kernel/rng.ts';
import { createModelEtcd } from '../../src/simulate/model/etcd.ts';
import { createModelEtcdClient } from '../../src/simulate/model/etcdClient.ts';
import { createEtcdWire, type EtcdWire } from '../../src/simulate/model/etcdWire.ts';
import { createLeasedEtcd, type LeasedEtcd } from './leasedEtcd.ts';

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

export interface TurnHost {
  readonly name: string;
  readonly wire: EtcdWire;
  isInTurn(): boolean;
  crash(): void;
  /** Without its journal, so that it knows of no turn. */
  forget(): void;
  start(): void;
  heal(): void;
}

export interface TurnWorldOptions {
  readonly seed: string;
  readonly hostCount: number;
  readonly maxUnavailable: number;
  readonly drainMs: number;
  /** So many are out of service from the start, until they are healed. */
  readonly sickCount: number;
}

const app = 'web' as AppName;
const fleetPrefix = '/fleet';
const haltKey = `${fleetPrefix}/rollouts/${app}/halt`;
const ttlSec = 5;
/** What was on its way when a halt was written may still arrive. */
const inFlightMs = 3_500;

/** What an agent keeps in its journal. */
interface Model {
  readonly name: string;
  instance: number;
  running: Revision;
  isUp: boolean;
  turn: 'None' | 'Open' | 'Failed' | 'Over';
  failed: Revision | undefined;
  life: { over: boolean; readonly keeper: TurnKeeper; readonly kill: () => void } | undefined;
}

interface World {
  readonly options: TurnWorldOptions;
  readonly kernel: Kernel;
  readonly etcd: LeasedEtcd;
  readonly rng: Rng;
  readonly models: Model[];
  readonly faults: string[];
  readonly bad: Set<Revision>;
  wanted: Revision;
  isWithdrawn: boolean;
  callCount: number;
  halted: { readonly revision: Revision; readonly atMs: number } | undefined;
}

export function createTurnWorld(options: TurnWorldOptions): TurnWorld {
  const kernel = createKernel(1_700_000_000_000);
  const world: World = {
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

function createHost(world: World, name: string, isSick: boolean): TurnHost {
  const wire = createEtcdWire();
  const model: Model = {
    ...{ name, instance: 1, running: '1' as Revision, isUp: !isSick, turn: 'None' },
    ...{ failed: undefined, life: undefined },
  };
  world.models.push(model);
  startLife(world, model, wire);
  return {
    ...{ name, wire },
    isInTurn: () => model.turn === 'Open',
    crash: () => {
      model.life?.kill();
      model.life = undefined;
    },
    forget: () => {
      model.instance += 1;
      model.turn = 'None';
      model.isUp = true;
    },
    start: () => {
      if (model.life === undefined) startLife(world, model, wire);
    },
    heal: () => {
      if (model.turn === 'None') model.isUp = true;
    },
  };
}

function startLife(world: World, model: Model, wire: EtcdWire): void {
  const { kernel, etcd, rng } = world;
  const state = { over: false };
  const isOver = (): boolean => state.over;
  const scheduler = kernel.schedulerFor(isOver);
  const client = createModelEtcdClient(etcd, { scheduler, rng, wire });
  const leases = etcd.leasesFor(wire, isOver);
  const keeper = startTurnKeeper(
    {
      etcd: {
        leases,
        range: (query, limits) => {
          world.callCount += 1;
          return client.range(query, limits);
        },
        txn: (query) => {
          world.callCount += 1;
          return client.txn(query);
        },
      },
      ...{ scheduler, random: () => rng.next(), placementOf: () => undefined },
      // Somebody hears of it a little later, or not at all.
      listen: (heard) => listen(world, wire, isOver, heard),
      warn: () => undefined,
      tell: (news) => {
        if (state.over) return;
        if (news.type === 'TurnTaken') begin(world, model);
        else if (news.type === 'TurnEnded') model.turn = 'None';
        kernel.after(1, () => look(world, model));
      },
    },
    {
      fleetPrefix,
      ttlSec,
      isReporting: true,
      host: model.name,
      instance: `${model.name}-${String(model.instance)}`,
    },
  );
  const kill = (): void => {
    state.over = true;
    client.kill();
  };
  model.life = { ...state, keeper, kill };
  report(world, model, wire, isOver);
  resumeWork(world, model, isOver);
  look(world, model);
}

function listen(
  { kernel, etcd, rng }: World,
  wire: EtcdWire,
  isOver: () => boolean,
  heard: (app: string | undefined) => void,
): () => void {
  let isListening = true;
  const follower = {
    onRevision: () => {
      if (wire.state().link !== 'Up' || rng.chance(0.1)) return;
      kernel.after(1 + rng.next() * 5, () => {
        if (isListening && !isOver()) heard(app);
      });
    },
    onRestart: () => undefined,
  };
  etcd.history.follow(follower);
  return () => {
    isListening = false;
    etcd.history.unfollow(follower);
  };
}

/** What an agent would wish now. */
function wishOf({ options, wanted, isWithdrawn }: World, model: Model): TurnWish | undefined {
  const { running, turn, failed } = model;
  const { maxUnavailable, drainMs } = options;
  const wish = { app, kind: 'Change', maxUnavailable, drainMs, failure: undefined } as const;
  const failure = failed === undefined ? undefined : { code: 'E_BAD', reason: 'it fails' };
  switch (turn) {
    case 'None':
      if (running === wanted || failed === wanted || !model.isUp || isWithdrawn) return undefined;
      return { ...wish, revision: wanted, stage: 'Wanted' };
    case 'Open':
      return { ...wish, revision: wanted, stage: 'Taken' };
    case 'Failed':
      return { ...wish, revision: failed ?? wanted, stage: 'Failed', failure };
    case 'Over': {
      const isFailed = failed !== undefined && running !== wanted;
      return {
        ...wish,
        revision: failed ?? wanted,
        stage: 'Over',
        failure: isFailed ? failure : undefined,
      };
    }
  }
}

function look(world: World, model: Model): void {
  const { life } = model;
  if (life === undefined) return;
  if (model.turn === 'None' && !model.isUp && model.failed !== world.wanted) {
    // What is down serves nobody: it is changed at once.
    if (!world.bad.has(world.wanted)) model.running = world.wanted;
  }
  const wish = wishOf(world, model);
  life.keeper.want(wish === undefined ? [] : [wish]);
}

function begin(world: World, model: Model): void {
  const { options, models, faults, kernel, halted, wanted } = world;
  if (model.turn !== 'None') return;
  const others = models.filter((other) => other !== model);
  const out = others.filter(({ turn, isUp }) => turn !== 'None' || !isUp);
  if (out.length + 1 > options.maxUnavailable) {
    const names = out.map(({ name }) => name).join(', ');
    faults.push(`${model.name} began while ${names} were out of service`);
  }
  if (halted?.revision === wanted && kernel.now() - halted.atMs > inFlightMs) {
    faults.push(`${model.name} began ${wanted}, which is halted`);
  }
  model.turn = 'Open';
  model.isUp = false;
  const { life } = model;
  resumeWork(world, model, () => model.life !== life);
}

/** Stops it, changes it, and sees whether it runs; a life later it goes on with that. */
function resumeWork(world: World, model: Model, isOver: () => boolean): void {
  const { kernel, rng, bad } = world;
  const after = (run: () => void): void => {
    kernel.after(200 + rng.next() * 3_000, () => {
      if (isOver()) return;
      run();
      look(world, model);
    });
  };
  const finish = (): void => {
    model.isUp = true;
    model.turn = 'Over';
  };
  if (model.turn === 'Failed') after(finish);
  if (model.turn !== 'Open') return;
  after(() => {
    const { wanted } = world;
    if (!bad.has(wanted)) {
      model.running = wanted;
      finish();
      return;
    }
    model.failed = wanted;
    model.turn = 'Failed';
    after(finish);
  });
}

/** As often as an agent may, under a lease of its own. */
function report(world: World, model: Model, wire: EtcdWire, isOver: () => boolean): void {
  const { kernel, etcd } = world;
  const { name } = model;
  let lease = etcd.grantNow(ttlSec);
  let before = '';
  const write = (): void => {
    if (isOver()) return;
    if (wire.state().link === 'Up') {
      if (!etcd.renewNow(lease.id)) {
        lease = etcd.grantNow(ttlSec);
        before = '';
      }
      const text = reportOf(model);
      const value = Buffer.from(text);
      const [live, known] = [`${fleetPrefix}/hosts/${name}`, `${fleetPrefix}/known/${name}`];
      const writes = [
        { key: Buffer.from(live), value, lease: lease.id },
        { key: Buffer.from(known), value },
      ];
      if (text !== before) etcd.txn({ compares: [], writes });
      before = text;
    }
    kernel.after(500, write);
  };
  write();
}

function reportOf({ name, isUp, running }: Model): string {
  const process = { id: `${app}:${app}`, state: isUp ? 'RUNNING' : 'STOPPED', pid: 1, startSec: 1 };
  const condition = isUp ? 'converged' : 'converging';
  return encodeReport({
    ...{ host: name, instance: `of-${name}`, version: '1', addresses: [], hostNames: [name] },
    ...{ atMs: 0, startedAtMs: 0, observedRevision: revisionZero, appliedRevision: running },
    ...{ problems: [], others: [] },
    apps: [{ app, condition, sinceMs: 0, wantedRevision: running, processes: [process] }],
  } as Parameters<typeof encodeReport>[0]).head;
}
