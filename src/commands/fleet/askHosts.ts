/**
 * Asks hosts for something through etcd, and waits for what each of them answers.
 *
 * Requests are under a short lease, so that what no agent took is not done later; whoever gives up
 * waiting takes them back.
 */
import { randomUUID } from 'node:crypto';
import { asyncScheduler, Subscription } from 'rxjs';
import { followKeys, type KeysEvent } from '../../../streams/followKeys.ts';
import type { EtcdClient } from '../../clients/etcd.ts';
import type { TxnWrite } from '../../domain/etcdCalls.ts';
import { parseFleetKey, reportKey, requestKey } from '../../domain/fleet/fleetKeys.ts';
import {
  type FleetAnswer,
  type FleetOrder,
  requestTtlSec,
} from '../../domain/fleet/fleetRequest.ts';
import type { FleetHost } from '../../domain/fleet/fleetRow.ts';
import { decodeReport } from '../../domain/fleet/reportCodec.ts';
import { formatRequest, parseAnswer } from '../../domain/fleet/requestCodec.ts';
import { keyStart } from '../../domain/keys.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { failLoudly } from '../../fault.ts';
import { etcdConnection } from '../../settings/connections.ts';
import type { EtcdSettings, Settings } from '../../settings/settings.ts';
import type { CommandIo, Fault } from '../commandIo.ts';
import { etcdFault } from '../etcdFault.ts';
import { whoAmI } from '../whoAmI.ts';

export interface HostOutcome {
  readonly host: string;
  readonly state:
    | 'Done'
    | 'Failed'
    | 'Refused'
    /** Its agent is gone: not asked. */
    | 'Lost'
    /** No agent took it. */
    | 'Expired'
    /** An agent took it, and has not said what came of it. */
    | 'Unanswered';
  readonly detail: string;
}

/** `onOutcome` as the answers come, once for each host. */
export async function askHosts(
  io: CommandIo,
  settings: Settings,
  asking: { readonly order: FleetOrder; readonly hosts: readonly FleetHost[] },
  onOutcome: (outcome: HostOutcome) => void,
): Promise<Result<void, Fault>> {
  if (asking.hosts.length === 0) return ok(undefined);
  const connection = etcdConnection(settings);
  if (!connection.ok) {
    const remedy = 'correct etcd.passwordFile, or make the file readable';
    return err({ message: connection.error, remedy });
  }
  const { createEtcdClient } = await import('../../clients/etcd.ts');
  const client = createEtcdClient(connection.value);
  const { order } = asking;
  const orders = asking.hosts.map((host) => ({ host, order }));
  const who = { by: whoAmI(io.env), from: io.hostName };
  const onEnd = io.onEnd === undefined ? {} : { onEnd: io.onEnd };
  try {
    return await askThrough(client, settings.etcd, { orders, ...who }, { onOutcome, ...onEnd });
  } finally {
    client.close();
  }
}

export interface HostOrder {
  readonly host: FleetHost;
  readonly order: FleetOrder;
}

export interface Orders {
  /** A host may have several. */
  readonly orders: readonly HostOrder[];
  /** A person, by name; from which machine. */
  readonly by: string;
  readonly from: string;
}

export interface OrderHooks {
  /** As the answers come, once for each order. */
  readonly onOutcome: (outcome: HostOutcome, order: HostOrder) => void;
  readonly onEnd?: NonNullable<CommandIo['onEnd']>;
}

/** Resolves when there is an outcome for each order; the error: some were not asked at all. */
export async function askThrough(
  client: EtcdClient,
  etcd: EtcdSettings,
  { orders, by, from }: Orders,
  hooks: OrderHooks,
): Promise<Result<void, Fault>> {
  if (orders.length === 0) return ok(undefined);
  const lease = await client.leases.grant(requestTtlSec, limits);
  if (!lease.ok) return err(etcdFault(lease.error, etcd));
  const ordersById = new Map(orders.map((order) => [randomUUID(), order] as const));
  const writes = [...ordersById].map(([id, { host, order }]) => ({
    key: Buffer.from(requestKey(etcd.fleetPrefix, host.host, id)),
    value: formatRequest({ order, by, from, id, atMs: Date.now() }),
    lease: lease.value.id,
  }));
  const fault = await write(client, etcd, writes);
  if (fault === undefined) await listen(client, etcd, ordersById, hooks);
  await client.leases.revoke(lease.value.id, { timeoutMs: 1_000 });
  return fault === undefined ? ok(undefined) : err(fault);
}

/** A person waits, and would rather wait than start again. */
const limits = { timeoutMs: 10_000 };
/** etcd takes 128 operations in one transaction. */
const writesMax = 100;

async function write(
  client: EtcdClient,
  etcd: EtcdSettings,
  writes: readonly TxnWrite[],
): Promise<Fault | undefined> {
  for (let from = 0; from < writes.length; from += writesMax) {
    const some = writes.slice(from, from + writesMax);
    const written = await client.txn({ compares: [], writes: some }, limits);
    if (!written.ok) return etcdFault(written.error, etcd);
  }
  return undefined;
}

/** What an answer needs to get here, and a lease to run out, beyond what was promised. */
const graceMs = 4_000;

/** Resolves when there is an outcome for each order. */
function listen(
  client: EtcdClient,
  { fleetPrefix }: EtcdSettings,
  ordersById: ReadonlyMap<string, HostOrder>,
  { onOutcome, onEnd }: OrderHooks,
): Promise<void> {
  return new Promise((resolve) => {
    const following = new Subscription();
    const open = new Map([...ordersById].map(([id, order]) => [id, createWait(order.host)]));
    let etcdTrouble = '';
    const settle = (id: string, outcome: HostOutcome): void => {
      const order = ordersById.get(id);
      if (!open.delete(id) || order === undefined) return;
      onOutcome(outcome, order);
      if (open.size > 0) return;
      undo?.();
      following.unsubscribe();
      resolve();
    };
    const undo = onEnd?.(() => {
      for (const [id, wait] of open) settle(id, wait.givenUp('you did not wait for it'));
    });
    const hear = (host: string, id: string, value: Uint8Array): void => {
      const wait = open.get(id);
      const answer = wait?.host === host ? parseAnswer(id, value) : undefined;
      const outcome = answer === undefined ? undefined : wait?.hear(answer);
      if (outcome !== undefined) settle(id, outcome);
    };
    const timer = setInterval(() => {
      for (const [id, wait] of open) {
        if (wait.isOverdue()) settle(id, wait.givenUp(etcdTrouble));
      }
    }, 200);
    following.add(() => clearInterval(timer));
    const looking = setInterval(() => {
      for (const [id, wait] of [...open].filter(([, one]) => one.isLong()).slice(0, looksMax)) {
        void findStart(client, fleetPrefix, wait.host).then((startedAtMs) => {
          const isAnother = startedAtMs !== undefined && startedAtMs !== wait.startedAtMs;
          if (isAnother) settle(id, wait.givenUp('that agent has ended'));
        });
      }
    }, lookEachMs);
    following.add(() => clearInterval(looking));
    const { range, openWatch } = client;
    const answers$ = followKeys(
      { range, openWatch, scheduler: asyncScheduler, random: Math.random },
      { prefix: `${keyStart(fleetPrefix)}answers` },
    );
    const take = (event: KeysEvent): void => {
      etcdTrouble = event.type === 'Lost' ? event.detail : '';
      if (event.type === 'Lost') return;
      for (const { key, value } of event.type === 'Listed' ? event.kvs : event.changes) {
        const place = parseFleetKey(fleetPrefix, Buffer.from(key).toString());
        if (place?.type === 'Answer') hear(place.host, place.id, value);
      }
    };
    following.add(answers$.subscribe({ next: take, error: failLoudly }));
  });
}

/** Of agents that are long in doing what they took on: are they still there? */
const lookEachMs = 2_000;
const looksMax = 20;

/** When the agent that runs there was started, 0 for none; undefined when that cannot be told. */
async function findStart(
  client: EtcdClient,
  fleetPrefix: string,
  host: string,
): Promise<number | undefined> {
  const key = Buffer.from(reportKey(fleetPrefix, 'hosts', host, 0));
  const found = await client.range({ key }, limits);
  if (!found.ok) return undefined;
  const [head] = found.value.kvs;
  if (head?.lease === undefined) return 0;
  const decoded = decodeReport(head.value, new Map());
  return decoded.ok ? decoded.value.report.startedAtMs : undefined;
}

interface Wait {
  readonly host: string;
  /** When the agent was started that is asked. */
  readonly startedAtMs: number;
  /** Undefined while there is more to come. */
  readonly hear: (answer: FleetAnswer) => HostOutcome | undefined;
  readonly isOverdue: () => boolean;
  /** Taken on, and a while ago. */
  readonly isLong: () => boolean;
  readonly givenUp: (why: string) => HostOutcome;
}

function createWait({ host, report }: FleetHost): Wait {
  let isAccepted = false;
  let waitMs = requestTtlSec * 1_000 + graceMs;
  let beganMs = performance.now();
  return {
    host,
    startedAtMs: report?.startedAtMs ?? 0,
    hear: ({ state, detail, withinSec = 60 }) => {
      if (state !== 'Accepted') return { host, state, detail };
      if (!isAccepted) beganMs = performance.now();
      isAccepted = true;
      waitMs = withinSec * 1_000 + graceMs;
      return undefined;
    },
    isOverdue: () => performance.now() - beganMs > waitMs,
    isLong: () => isAccepted && performance.now() - beganMs > lookEachMs,
    givenUp: (why) => {
      const because = why === '' ? '' : `; ${why}`;
      if (isAccepted) {
        const detail = `its agent took it on and did not say what came of it: see \`supervene ps --host ${host}\``;
        return { host, state: 'Unanswered', detail: detail + because };
      }
      const detail =
        'no agent took it, so nothing was done: it is away, or fleet.requests is off there';
      return { host, state: 'Expired', detail: detail + because };
    },
  };
}
