/**
 * The keys of turns in etcd: each read is of one app, each write holds only while what was read
 * still stands.
 */
import type {
  EtcdError,
  EtcdKeyValue,
  LeaseId,
  Range,
  TxnAnswer,
  TxnQuery,
  TxnWrite,
} from '../../src/domain/etcdCalls.ts';
import {
  parseFleetKey,
  rendersStart,
  rolloutKey,
  type RolloutPlace,
  rolloutsStart,
} from '../../src/domain/fleet/fleetKeys.ts';
import { ok, type Result } from '../../src/domain/result.ts';
import type { HaltRecord, TurnRecord } from '../../src/domain/rollout/turn.ts';
import {
  formatBegun,
  formatDrain,
  formatHalt,
  formatTurn,
  parseRender,
} from '../../src/domain/rollout/turnCodec.ts';
import {
  isOfEarlierLife,
  isOwn,
  type Kept,
  readPlaces,
  type Slot,
  type TurnPlaces,
  type TurnSelf,
} from '../../src/domain/rollout/turnPlaces.ts';
import {
  type AppName,
  compareRevisions,
  type Revision,
  revisionZero,
} from '../../src/domain/types.ts';
import { rangeAll } from './rangeAll.ts';

export interface TurnKeysDeps {
  readonly range: Range;
  readonly txn: (query: TxnQuery) => Promise<Result<TxnAnswer, EtcdError>>;
}

type Answered<T> = Promise<Result<T, EtcdError>>;

export interface TurnKeys {
  readonly read: (app: AppName) => Answered<TurnPlaces>;
  /** False when somebody was faster, or halted it. */
  readonly take: (app: AppName, places: TurnPlaces, taking: Taking) => Answered<boolean>;
  /** What is ours of a slot stands there again, under this lease. */
  readonly renew: (app: AppName, slot: Slot, taking: Taking) => Answered<boolean>;
  /** The revision at which it says that no new traffic is wanted; undefined: overtaken. */
  readonly drain: (app: AppName, drain: Draining) => Answered<Revision | undefined>;
  /** True when it stands there, or what stands there says more. */
  readonly halt: (app: AppName, places: TurnPlaces, halt: HaltRecord) => Answered<boolean>;
  /** Whatever of it is ours goes; false when somebody else wrote meanwhile. */
  readonly release: (app: AppName, places: TurnPlaces) => Answered<boolean>;
  /** Apps of which something of ours stands there. */
  readonly left: () => Answered<readonly string[]>;
  /** Hosts that send traffic and have not yet taken in all until this revision; sorted. */
  readonly behind: (revision: Revision) => Answered<readonly string[]>;
}

export interface Taking {
  readonly number: number;
  readonly lease: LeaseId;
  readonly record: TurnRecord;
}

export interface Draining {
  readonly lease: LeaseId;
  readonly sinceMs: number;
  /** The turn that it is for must still be ours; undefined where none is needed. */
  readonly slot: Slot | undefined;
}

export function createTurnKeys(deps: TurnKeysDeps, fleetPrefix: string, self: TurnSelf): TurnKeys {
  const { range, txn } = deps;
  const bytes = (app: AppName, place: RolloutPlace): Uint8Array =>
    Buffer.from(rolloutKey(fleetPrefix, app, place));
  const done = async (query: TxnQuery): Answered<boolean> => {
    const answer = await txn(query);
    return answer.ok ? ok(answer.value.isDone) : answer;
  };
  const slotKeys = (app: AppName, slot: number) => ({
    turn: bytes(app, { type: 'Turn', slot }),
    begun: bytes(app, { type: 'Begun', slot }),
  });

  return {
    ...createReads(range, fleetPrefix, self),
    take: (app, { halt }, { number, lease, record }) => {
      const { turn, begun } = slotKeys(app, number);
      return done({
        compares: [
          { key: turn, modRevision: revisionZero },
          { key: begun, modRevision: revisionZero },
          { key: bytes(app, { type: 'Halt' }), modRevision: halt?.modRevision ?? revisionZero },
        ],
        writes: [
          { key: turn, value: formatTurn(record), lease },
          { key: begun, value: formatBegun(record) },
        ],
      });
    },
    renew: (app, slot, { lease, record }) => {
      const { turn, begun } = slotKeys(app, slot.number);
      const put = slot.begun === undefined ? [{ key: begun, value: formatBegun(record) }] : [];
      return done({
        compares: [
          { key: turn, modRevision: slot.turn?.modRevision ?? revisionZero },
          { key: begun, modRevision: slot.begun?.modRevision ?? revisionZero },
        ],
        writes: [{ key: turn, value: formatTurn(record), lease }, ...put],
      });
    },
    drain: async (app, { lease, sinceMs, slot }) => {
      const key = bytes(app, { type: 'Drain', host: self.host });
      const value = formatDrain({ host: self.host, sinceMs });
      const { begun } = slotKeys(app, slot?.number ?? 1);
      const held = slot?.begun?.modRevision;
      const compares = held === undefined ? [] : [{ key: begun, modRevision: held }];
      const answer = await txn({ compares, writes: [{ key, value, lease }] });
      if (!answer.ok) return answer;
      return ok(answer.value.isDone ? answer.value.revision : undefined);
    },
    halt: (app, places, halt) => {
      const { record, modRevision = revisionZero } = places.halt ?? { record: undefined };
      const isSaid = record !== undefined && isAsNew(record, modRevision, halt);
      if (isSaid) return Promise.resolve(ok(true));
      const key = bytes(app, { type: 'Halt' });
      const value = formatHalt(halt);
      return done({ compares: [{ key, modRevision }], writes: [{ key, value }] });
    },
    release: (app, places) => {
      const compares = ownPlaces(places, self).map(({ place, modRevision }) => ({
        key: bytes(app, place),
        modRevision,
      }));
      if (compares.length === 0) return Promise.resolve(ok(true));
      const writes: readonly TxnWrite[] = compares.map(({ key }) => ({ key, value: undefined }));
      return done({ compares, writes });
    },
  };
}

/** It halts this revision, or a later one; nobody can halt what is not there yet. */
function isAsNew({ revision }: HaltRecord, modRevision: Revision, halt: HaltRecord): boolean {
  if (compareRevisions(revision, modRevision) >= 0) return false;
  return compareRevisions(revision, halt.revision) >= 0;
}

interface Standing {
  readonly place: RolloutPlace;
  readonly modRevision: Revision;
}

/** All that stands there of ours. */
function ownPlaces({ slots, drainsByHost }: TurnPlaces, self: TurnSelf): readonly Standing[] {
  const own = slots.filter((slot) => isOwn(self, slot));
  const places: Standing[] = own.flatMap(({ number, turn, begun }) => [
    ...standing({ type: 'Turn', slot: number }, turn),
    ...standing({ type: 'Begun', slot: number }, begun),
  ]);
  const { host } = self;
  return [...places, ...standing({ type: 'Drain', host }, drainsByHost.get(host))];
}

function standing(place: RolloutPlace, kept: Kept<unknown> | undefined): readonly Standing[] {
  return kept === undefined ? [] : [{ place, modRevision: kept.modRevision }];
}

function createReads(
  range: Range,
  fleetPrefix: string,
  self: TurnSelf,
): Pick<TurnKeys, 'read' | 'left' | 'behind'> {
  return {
    read: async (app) => {
      const all = await rangeAll(range, `${rolloutsStart(fleetPrefix)}${app}/`);
      return all.ok ? ok(readPlaces(fleetPrefix, app, all.value)) : all;
    },
    left: async () => {
      const all = await rangeAll(range, rolloutsStart(fleetPrefix));
      return all.ok ? ok(appsWithOurs(all.value, fleetPrefix, self)) : all;
    },
    behind: async (revision) => {
      const all = await rangeAll(range, rendersStart(fleetPrefix));
      return all.ok ? ok(hostsBehind(all.value, fleetPrefix, revision)) : all;
    },
  };
}

function appsWithOurs(
  kvs: readonly EtcdKeyValue[],
  fleetPrefix: string,
  self: TurnSelf,
): readonly string[] {
  const apps = new Set<string>();
  for (const { key } of kvs) {
    const parsed = parseFleetKey(fleetPrefix, Buffer.from(key).toString());
    if (parsed?.type === 'Rollout') apps.add(parsed.app);
  }
  return [...apps].filter((app) => {
    const { slots, drainsByHost } = readPlaces(fleetPrefix, app as AppName, kvs);
    const isOurs = (slot: Slot): boolean => isOwn(self, slot) || isOfEarlierLife(self, slot);
    return drainsByHost.has(self.host) || slots.some(isOurs);
  });
}

/** What cannot be read says nothing, and what is under no lease nobody looks after. */
function hostsBehind(
  kvs: readonly EtcdKeyValue[],
  fleetPrefix: string,
  revision: Revision,
): readonly string[] {
  return kvs.flatMap(({ key, value, lease }) => {
    const parsed = parseFleetKey(fleetPrefix, Buffer.from(key).toString());
    const record = parseRender(value);
    if (parsed?.type !== 'Render' || record === undefined || lease === undefined) return [];
    return compareRevisions(record.revision, revision) < 0 ? [parsed.host] : [];
  });
}
