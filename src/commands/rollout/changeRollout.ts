/**
 * A rollout halted, or let go on: keys below `rollouts/<app>/` in one transaction, which compares
 * what was read. Nothing is retried: what came of it is a result.
 */
import type { EtcdClient } from '../../clients/etcd.ts';
import type { CallLimits, TxnQuery } from '../../domain/etcdCalls.ts';
import { reportKey, rolloutKey, type RolloutPlace } from '../../domain/fleet/fleetKeys.ts';
import type { Stored } from '../../domain/fleet/rolloutRecords.ts';
import { formatKey } from '../../domain/keys.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { HaltRecord } from '../../domain/rollout/turn.ts';
import { formatHalt } from '../../domain/rollout/turnCodec.ts';
import { type AppName, type Revision, revisionZero } from '../../domain/types.ts';
import type { EtcdSettings } from '../../settings/settings.ts';
import type { WriteOutcome } from '../appStore.ts';
import type { Fault } from '../commandIo.ts';
import { etcdFault, unknownOutcomeFault } from '../etcdFault.ts';
import { isWorthAnother } from '../triedOnEach.ts';

export type RolloutChange =
  /** Its revision is that of the content, which must still be so. */
  | Readonly<{ type: 'Halt'; app: AppName; before: Stored<unknown> | undefined; halt: HaltRecord }>
  | Readonly<{
      type: 'Resume';
      app: AppName;
      /** Undefined: there is none. */
      halt: Stored<unknown> | undefined;
      turns: readonly LostTurn[];
    }>;

/** A turn that nobody holds; what of it is undefined is not there, or stays. */
export interface LostTurn {
  readonly slot: number;
  /** `begun-n`, which goes. */
  readonly begunRevision: Revision | undefined;
  /** `turn-n` without a lease, which goes. */
  readonly leftRevision: Revision | undefined;
  /** Whose agent was lost in it, and must be so still. */
  readonly host: string | undefined;
  /** The agent that lives there is another one: it may go on living. */
  readonly isOfAnother: boolean;
  readonly isUnreadable: boolean;
}

export async function changeRollout(
  { txn }: Pick<EtcdClient, 'txn'>,
  etcd: EtcdSettings,
  change: RolloutChange,
  limits: CallLimits,
): Promise<Result<WriteOutcome, Fault>> {
  const outcome = await txn(transaction(etcd, change), limits);
  if (outcome.ok) {
    const { isDone, revision } = outcome.value;
    return ok(isDone ? { type: 'Written', revision } : { type: 'Changed' });
  }
  const { error } = outcome;
  const isUnknown = error.wasSent && isWorthAnother(error);
  if (isUnknown) return err(unknownOutcomeFault(error.detail, etcd));
  const fault = etcdFault(error, etcd);
  if (error.type !== 'Unauthorised') return err(fault);
  const role = `etcdctl role grant-permission ROLE --prefix=true readwrite ${etcd.fleetPrefix}/rollouts/`;
  return err({ ...fault, remedy: `${fault.remedy ?? ''}: ${role}` });
}

function transaction(etcd: EtcdSettings, change: RolloutChange): TxnQuery {
  const { app } = change;
  const keyOf = (place: RolloutPlace): Uint8Array =>
    Buffer.from(rolloutKey(etcd.fleetPrefix, app, place));
  const halt = keyOf({ type: 'Halt' });
  if (change.type === 'Halt') {
    const content = Buffer.from(formatKey(etcd.prefix, app, 'content'));
    return {
      compares: [
        { key: content, modRevision: change.halt.revision },
        { key: halt, modRevision: change.before?.modRevision ?? revisionZero },
      ],
      writes: [{ key: halt, value: formatHalt(change.halt) }],
    };
  }
  const going = change.turns.flatMap(({ slot, begunRevision, leftRevision }) => [
    ...(begunRevision === undefined
      ? []
      : [{ key: keyOf({ type: 'Begun', slot }), modRevision: begunRevision }]),
    // Its agent has not come back meanwhile, and nobody else has taken it.
    { key: keyOf({ type: 'Turn', slot }), modRevision: leftRevision ?? revisionZero },
  ]);
  const hosts = new Set(
    change.turns.flatMap(({ host, isOfAnother }) => (isOfAnother ? [] : (host ?? []))),
  );
  const lost = [...hosts].map((host) => ({
    key: Buffer.from(reportKey(etcd.fleetPrefix, 'hosts', host, 0)),
    modRevision: revisionZero,
  }));
  const written = change.halt === undefined ? [] : [change.halt];
  return {
    compares: [
      ...written.map(({ modRevision }) => ({ key: halt, modRevision })),
      ...going,
      ...lost,
    ],
    writes: [
      ...written.map(() => ({ key: halt, value: undefined })),
      ...going.map(({ key }) => ({ key, value: undefined })),
    ],
  };
}
