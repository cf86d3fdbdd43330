/** A host as a model: a real keeper over the model of etcd, and a report as often as an agent may. */
import { startTurnKeeper } from '../../../effects/rollout/turnKeeper.ts';
import { encodeReport } from '../../../src/domain/fleet/reportCodec.ts';
import { type Revision, revisionZero } from '../../../src/domain/types.ts';
import { createModelEtcdClient } from '../../../src/simulate/model/etcdClient.ts';
import { createEtcdWire, type EtcdWire } from '../../../src/simulate/model/etcdWire.ts';
import { app, begin, look, type Model, resumeWork, type SharedWorld } from './turnModel.ts';

export interface TurnHost {
  readonly name: string;
  readonly wire: EtcdWire;
  isInTurn(): boolean;
  /** Another agent reports for it, or does no longer. */
  occupy(isSo: boolean): void;
  crash(): void;
  /** Without its journal, so that it knows of no turn. */
  forget(): void;
  start(): void;
  heal(): void;
}

export const fleetPrefix = '/fleet';
const ttlSec = 5;

export function createHost(world: SharedWorld, name: string, isSick: boolean): TurnHost {
  const wire = createEtcdWire();
  const model: Model = {
    ...{ name, instance: 1, running: '1' as Revision, isUp: !isSick, turn: 'None' },
    ...{ failed: undefined, life: undefined, isOccupied: false },
  };
  world.models.push(model);
  startLife(world, model, wire);
  return {
    ...{ name, wire },
    isInTurn: () => model.turn === 'Open',
    occupy: (isSo) => {
      model.isOccupied = isSo;
    },
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

function startLife(world: SharedWorld, model: Model, wire: EtcdWire): void {
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
      isOccupied: () => model.isOccupied,
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
  { kernel, etcd, rng }: SharedWorld,
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

/** As often as an agent may, under a lease of its own. */
function report(world: SharedWorld, model: Model, wire: EtcdWire, isOver: () => boolean): void {
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
