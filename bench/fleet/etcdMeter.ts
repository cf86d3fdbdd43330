/**
 * What a fleet costs its etcd: counters of etcd's own `/metrics`, CPU and memory of its process, and
 * every write below the fleet prefix with its time and size, as a watch sees it.
 */
import type { Etcd } from '../../test/support/etcd.ts';
import { cpuMs, rssMb } from '../processCost.ts';
import type { Figure } from './figure.ts';

export interface SeenWrite {
  /** By `performance.now()`, when it was seen. */
  readonly atMs: number;
  /** `hosts`, `known`, … */
  readonly kind: string;
  readonly isDelete: boolean;
  readonly revision: string;
  /** Of key and value. */
  readonly bytes: number;
}

export interface EtcdMeter {
  /** In the order of their revisions. */
  readonly writes: readonly SeenWrite[];
  snapshot(): Promise<Snapshot>;
  /** What happened between then and now. */
  since(snapshot: Snapshot): Promise<EtcdCost>;
  close(): void;
}

export interface Snapshot {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly seen: number;
  readonly metrics: ReadonlyMap<string, number>;
}

export interface EtcdCost {
  readonly seconds: number;
  /** Revisions below the fleet prefix: each is one transaction, however many keys it writes. */
  readonly transactions: number;
  readonly keys: number;
  /** Of keys and values below the fleet prefix. */
  readonly bytes: number;
  /** What raft agreed on: writes, and leases granted and revoked, but no keep-alives. */
  readonly proposals: number;
  readonly keepAlives: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly rssMb: number;
}

const counters = {
  proposals: 'etcd_server_proposals_committed_total',
  keepAlives: 'etcd_debugging_lease_renewed_total',
  sentBytes: 'etcd_network_client_grpc_sent_bytes_total',
  receivedBytes: 'etcd_network_client_grpc_received_bytes_total',
} as const;

export async function startEtcdMeter(etcd: Etcd, fleetPrefix: string): Promise<EtcdMeter> {
  const writes: SeenWrite[] = [];
  const watch = await watchWrites(etcd, `${fleetPrefix}/`, (write) => writes.push(write));
  const snapshot = async (): Promise<Snapshot> => ({
    metrics: await readMetrics(etcd),
    atMs: performance.now(),
    cpuMs: cpuMs(etcd.pid),
    seen: writes.length,
  });
  return {
    writes,
    snapshot,
    since: async (before) => {
      const after = await snapshot();
      const seconds = (after.atMs - before.atMs) / 1000;
      const grown = (name: string): number =>
        (after.metrics.get(name) ?? Number.NaN) - (before.metrics.get(name) ?? Number.NaN);
      const seen = writes.slice(before.seen, after.seen);
      return {
        seconds,
        transactions: new Set(seen.map(({ revision }) => revision)).size,
        keys: seen.length,
        bytes: seen.reduce((sum, { bytes }) => sum + bytes, 0),
        proposals: grown(counters.proposals),
        keepAlives: grown(counters.keepAlives),
        sentBytes: grown(counters.sentBytes),
        receivedBytes: grown(counters.receivedBytes),
        cpuPercent: ((after.cpuMs - before.cpuMs) / (seconds * 1000)) * 100,
        rssMb: rssMb(etcd.pid),
      };
    },
    close: watch.close,
  };
}

/** Of a host and an hour, as is told of an idle fleet. */
export function perHostAndHour(cost: EtcdCost, hosts: number): readonly Figure[] {
  const each = (amount: number): number => (amount / hosts / cost.seconds) * 3600;
  return [
    { name: 'idle: transactions per host and hour', value: each(cost.transactions), unit: 'count' },
    { name: 'idle: bytes written per host and hour', value: each(cost.bytes), unit: 'bytes' },
    {
      name: 'idle: keep-alives per host and minute',
      value: each(cost.keepAlives) / 60,
      unit: 'count',
    },
    {
      name: 'idle: etcd sends per host and second',
      value: each(cost.sentBytes) / 3600,
      unit: 'bytes',
    },
    {
      name: 'idle: etcd receives per host and second',
      value: each(cost.receivedBytes) / 3600,
      unit: 'bytes',
    },
    { name: 'idle: proposals of raft', value: cost.proposals / cost.seconds, unit: 'per second' },
    { name: 'idle: CPU of etcd', value: cost.cpuPercent, unit: '%' },
    { name: 'idle: memory of etcd', value: cost.rssMb, unit: 'MB' },
  ];
}

/** Watches that stand, the meter's own included. */
export async function watchCount(etcd: Etcd): Promise<number> {
  const metrics = await readMetrics(etcd).catch(() => new Map<string, number>());
  return metrics.get('etcd_debugging_mvcc_watcher_total') ?? 0;
}

/** Since it was started. */
export async function sentBytes(etcd: Etcd): Promise<number> {
  return (await readMetrics(etcd)).get(counters.sentBytes) ?? Number.NaN;
}

async function readMetrics(etcd: Etcd): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${etcd.endpoint}/metrics`)).text();
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^([a-z_]+)(?:\{[^}]*\})? (\S+)$/.exec(line) ?? [];
    if (name !== undefined) values.set(name, (values.get(name) ?? 0) + Number(value));
  }
  return values;
}

interface GatewayEvent {
  readonly type?: string;
  readonly kv: { readonly key: string; readonly value?: string; readonly mod_revision: string };
}

/** A watch of the JSON gateway; one of its lines is one message. */
async function watchWrites(etcd: Etcd, start: string, onWrite: (write: SeenWrite) => void) {
  const end = start.slice(0, -1) + String.fromCharCode(start.charCodeAt(start.length - 1) + 1);
  const controller = new AbortController();
  const request = { key: toBase64(start), range_end: toBase64(end) };
  const response = await fetch(`${etcd.endpoint}/v3/watch`, {
    method: 'POST',
    body: JSON.stringify({ create_request: request }),
    signal: controller.signal,
  });
  void readLines(response, (line) => {
    const { result } = JSON.parse(line) as { result?: { events?: readonly GatewayEvent[] } };
    for (const { type, kv } of result?.events ?? []) {
      const key = Buffer.from(kv.key, 'base64').toString();
      const valueBytes = Buffer.byteLength(kv.value ?? '', 'base64');
      onWrite({
        atMs: performance.now(),
        kind: key.slice(start.length).split('/')[0] ?? '',
        isDelete: type === 'DELETE',
        revision: kv.mod_revision,
        bytes: Buffer.byteLength(key) + valueBytes,
      });
    }
  }).catch(() => undefined);
  return { close: () => controller.abort() };
}

async function readLines(response: Response, onLine: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    lines.filter((line) => line !== '').forEach(onLine);
  }
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}
