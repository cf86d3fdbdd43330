/** What stands in etcd of a host that is gone for good, taken away: reports and turns. */
import { prefixRange } from '../../../streams/etcdBytes.ts';
import type { EtcdClient } from '../../clients/etcd.ts';
import type { CallLimits, EtcdKeyValue } from '../../domain/etcdCalls.ts';
import { parseFleetKey, reportKey, rolloutsStart } from '../../domain/fleet/fleetKeys.ts';
import { decodeReport } from '../../domain/fleet/reportCodec.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { parseBegun } from '../../domain/rollout/turnCodec.ts';
import { revisionZero } from '../../domain/types.ts';
import type { EtcdSettings } from '../../settings/settings.ts';
import type { Fault } from '../commandIo.ts';
import { etcdFault, unknownOutcomeFault } from '../etcdFault.ts';
import { isWorthAnother, triedOnEach } from '../triedOnEach.ts';

export type ForgetOutcome =
  | Readonly<{ type: 'Forgotten'; turns: readonly ForgottenTurn[] }>
  /** There was nothing. */
  | Readonly<{ type: 'Unknown' }>
  /** Its key has a lease, or changed meanwhile. */
  | Readonly<{
      type: 'Leased';
      /** Those that another agent of its name has left: they need not wait for this one. */
      turns: readonly ForgottenTurn[];
    }>;

/** It was lost in its turn: others may take that now. */
export interface ForgottenTurn {
  readonly app: string;
  readonly slot: number;
}

type Access = Pick<EtcdClient, 'range' | 'txn'>;

/** etcd takes 128 operations in one transaction. */
const writesMax = 100;

export async function forgetHost(
  client: Access,
  etcd: EtcdSettings,
  host: string,
  limits: CallLimits,
): Promise<Result<ForgetOutcome, Fault>> {
  const [live = '', known = ''] = (['hosts', 'known'] as const).map((kind) =>
    reportKey(etcd.fleetPrefix, kind, host, 0),
  );
  const range = triedOnEach(client.range, etcd.endpoints.length);
  const found: EtcdKeyValue[] = [];
  for (const head of [live, known]) {
    for (const query of [{ key: Buffer.from(head) }, prefixRange(head)]) {
      const answer = await range(query, limits);
      if (!answer.ok) return err(etcdFault(answer.error, etcd));
      found.push(...answer.value.kvs);
    }
  }
  const rollouts = await range(prefixRange(rolloutsStart(etcd.fleetPrefix)), limits);
  // An account that may not look there has no turns to take away.
  const isDenied = !rollouts.ok && rollouts.error.type === 'Unauthorised';
  if (!rollouts.ok && !isDenied) return err(etcdFault(rollouts.error, etcd));
  const kvs = rollouts.ok ? rollouts.value.kvs : [];
  const turns = turnsOf(kvs, etcd.fleetPrefix, host);
  if (found.length + turns.length === 0) return ok({ type: 'Unknown' });
  const head = found.find(({ key }) => Buffer.from(key).toString() === live);
  if (head?.lease !== undefined) {
    return ok({ type: 'Leased', turns: leftByOthers(turns, kvs, head, etcd.fleetPrefix) });
  }
  // Nobody became alive meanwhile; what else is there goes whoever wrote it last.
  const compares = [{ key: Buffer.from(live), modRevision: head?.modRevision ?? revisionZero }];
  // The heads last: until then it can be asked for again.
  const keys = [...turns.map(({ key }) => key), ...found.map(({ key }) => key).reverse()];
  const done = ok({ type: 'Forgotten', turns: turns.map(({ turn }) => turn) } as const);
  for (let from = 0; from < keys.length; from += writesMax) {
    const isLast = from + writesMax >= keys.length;
    const writes = keys.slice(from, from + writesMax).map((key) => ({ key, value: undefined }));
    const outcome = await client.txn({ compares, writes }, limits);
    if (outcome.ok && !outcome.value.isDone) return ok({ type: 'Leased', turns: [] });
    if (outcome.ok && isLast) return done;
    if (outcome.ok) continue;
    const { error } = outcome;
    const isUnknown = error.wasSent && isWorthAnother(error);
    return err(isUnknown ? unknownOutcomeFault(error.detail, etcd) : etcdFault(error, etcd));
  }
  return done;
}

interface BegunTurn {
  readonly key: Uint8Array;
  readonly turn: ForgottenTurn;
  readonly instance: string;
}

/** An agent writes these without a lease; whose they are is in them. */
function turnsOf(
  kvs: readonly EtcdKeyValue[],
  fleetPrefix: string,
  host: string,
): readonly BegunTurn[] {
  return kvs.flatMap(({ key, value }) => {
    const place = parseFleetKey(fleetPrefix, Buffer.from(key).toString());
    if (place?.type !== 'Rollout' || place.place.type !== 'Begun') return [];
    const begun = parseBegun(value);
    if (begun?.host !== host) return [];
    const turn = { app: place.app, slot: place.place.slot };
    return [{ key, turn, instance: begun.instance }];
  });
}

/** Turns that nobody holds, and that the agent that lives has not begun. */
function leftByOthers(
  turns: readonly BegunTurn[],
  kvs: readonly EtcdKeyValue[],
  head: EtcdKeyValue,
  fleetPrefix: string,
): readonly ForgottenTurn[] {
  const report = decodeReport(head.value, new Map());
  const held = new Set(
    kvs.flatMap(({ key }) => {
      const place = parseFleetKey(fleetPrefix, Buffer.from(key).toString());
      const isTurn = place?.type === 'Rollout' && place.place.type === 'Turn';
      return isTurn ? [`${place.app}/${String(place.place.slot)}`] : [];
    }),
  );
  return turns.flatMap(({ turn, instance }) => {
    if (held.has(`${turn.app}/${String(turn.slot)}`)) return [];
    return report.ok && report.value.report.instance !== instance ? [turn] : [];
  });
}
