/**
 * The same questions to a real etcd and to the model of one, each through the client that the
 * agent has for it, and what comes of them in a form that can be compared.
 */
import { createEtcdClient, type EtcdClient } from '../../src/clients/etcd.ts';
import {
  type EtcdError,
  type EtcdKeyValue,
  type KeyChange,
  type RangeAnswer,
  type RangeQuery,
  type TxnQuery,
  type WatchHandle,
  type WatchQuery,
  type WatchSignal,
} from '../../src/domain/etcdCalls.ts';
import { type Result } from '../../src/domain/result.ts';
import { createKernel } from '../../src/simulate/kernel/kernel.ts';
import { createRng } from '../../src/simulate/kernel/rng.ts';
import { createModelEtcd, type ModelEtcd } from '../../src/simulate/model/etcd.ts';
import { createModelEtcdClient } from '../../src/simulate/model/etcdClient.ts';
import { createEtcdWire, type EtcdWire } from '../../src/simulate/model/etcdWire.ts';
import { type Etcd } from './etcd.ts';
import { rev } from './etcdValues.ts';

export interface EtcdSide {
  readonly range: (query: RangeQuery) => Promise<string>;
  readonly txn: (query: TxnQuery) => Promise<string>;
  /** These two as somebody else's client does them: the revision, or the complaint. */
  readonly deleteRange: (key: Uint8Array, rangeEnd?: Uint8Array) => Promise<string>;
  readonly compact: (revision: bigint) => Promise<string>;
  readonly watch: (query: WatchQuery) => SeenWatch;
  /** Lets time pass, if time is ours. */
  readonly pass: (ms: number) => Promise<void>;
  /** No watch waits for something from the history. */
  readonly isCaughtUp: () => Promise<boolean>;
  readonly close: () => void;
}

export interface SeenWatch {
  readonly handle: WatchHandle;
  readonly signals: readonly WatchSignal[];
  /** Without what depends on timing: messages and their bounds. */
  readonly seen: () => string;
  /** How it ended: `Unreachable, sent`. */
  readonly failure: () => string | undefined;
}

export interface ModelSide extends EtcdSide {
  readonly etcd: ModelEtcd;
  readonly wire: EtcdWire;
}

export function realSide(etcd: Etcd): EtcdSide {
  const client = createEtcdClient({ endpoints: [etcd.endpoint] });
  const base64 = (bytes: Uint8Array | undefined): string | undefined =>
    bytes && Buffer.from(bytes).toString('base64');
  return {
    range: async (query) => rangeText(await client.range(query)),
    txn: async (query) => txnText(await client.txn(query)),
    deleteRange: async (key, rangeEnd) => {
      const body = { key: base64(key), range_end: base64(rangeEnd) };
      const answer = await etcd.call('/v3/kv/deleterange', body);
      return `revision ${String((answer['header'] as { revision: string }).revision)}`;
    },
    compact: async (revision) => {
      try {
        await etcd.compact(String(revision));
        return 'compacted';
      } catch (error) {
        return /etcdserver: .*$/.exec(String(error))?.[0] ?? String(error);
      }
    },
    watch: (query) => watchWith(client, query),
    pass: () => Promise.resolve(),
    isCaughtUp: async () => {
      const metrics = await (await fetch(`${etcd.endpoint}/metrics`)).text();
      return /^etcd_debugging_mvcc_slow_watcher_total 0$/m.test(metrics);
    },
    close: client.close,
  };
}

/** At the revision of an etcd that was emptied and compacted. */
export function modelSide(revision: bigint, etcd = createModelEtcd({ revision })): ModelSide {
  const kernel = createKernel(0);
  const wire = createEtcdWire();
  const scheduler = kernel.schedulerFor(() => false);
  const client = createModelEtcdClient(etcd, { scheduler, rng: createRng('model'), wire });
  const pass = (ms: number): Promise<void> => kernel.run(kernel.now() + ms);
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    // The time-out of a call is 3 s.
    let isSettled = false;
    void promise.then(() => (isSettled = true));
    for (let waited = 0; !isSettled && waited < 400; waited += 1) await pass(10);
    return promise;
  };
  return {
    etcd,
    wire,
    range: async (query) => rangeText(await settled(client.range(query))),
    txn: async (query) => txnText(await settled(client.txn(query))),
    deleteRange: (key, rangeEnd) => Promise.resolve(`revision ${etcd.deleteRange(key, rangeEnd)}`),
    compact: (revision) => {
      const done = etcd.compact(rev(revision));
      if (done.ok) return Promise.resolve('compacted');
      return Promise.resolve(/etcdserver: .*$/.exec(done.error.detail)?.[0] ?? '');
    },
    watch: (query) => watchWith(client, query),
    pass,
    // After the quarter of a second that a script lets pass.
    isCaughtUp: () => Promise.resolve(true),
    close: client.close,
  };
}

function watchWith({ openWatch }: Pick<EtcdClient, 'openWatch'>, query: WatchQuery): SeenWatch {
  const signals: WatchSignal[] = [];
  const handle = openWatch(query, (signal) => signals.push(signal));
  return {
    handle,
    signals,
    seen: () => watchText(signals),
    failure: () => {
      const last = signals.at(-1);
      return last?.type === 'Failed' ? kindOf(errorText(last.error)) : undefined;
    },
  };
}

function rangeText(result: Result<RangeAnswer, EtcdError>): string {
  if (!result.ok) return errorText(result.error);
  const { revision, kvs, hasMore, count } = result.value;
  return JSON.stringify({ revision, count, hasMore, kvs: kvs.map(kvText) });
}

function txnText(result: Awaited<ReturnType<EtcdClient['txn']>>): string {
  if (!result.ok) return errorText(result.error);
  return `${result.value.isDone ? 'done' : 'not done'} at ${result.value.revision}`;
}

function watchText(signals: readonly WatchSignal[]): string {
  const texts = signals.flatMap((signal) => {
    if (signal.type === 'Created') return [`created at ${signal.revision}`];
    if (signal.type === 'Failed') return [errorText(signal.error)];
    const last = signal.changes.at(-1)?.modRevision ?? '0';
    const isBehind = BigInt(last) > BigInt(signal.revision);
    return [...signal.changes.map(changeText), ...(isBehind ? ['a header from the past'] : [])];
  });
  return texts.join('\n');
}

function changeText({ type, isNew, ...kv }: KeyChange): string {
  return `${type}${isNew ? ' new' : ''} ${kvText(kv)}`;
}

function kvText({ key, value, modRevision }: EtcdKeyValue): string {
  return `${hex(key)}=${hex(value)}@${modRevision}`;
}

/** Printable ASCII as it is. */
function hex(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return /^[ -~]*$/.test(text) ? text : `0x${Buffer.from(bytes).toString('hex')}`;
}

/** Of an error as text: without the words of gRPC. */
export function kindOf(error: string): string {
  return error.replace(/:.*$/s, '');
}

function errorText({ type, wasSent, detail }: EtcdError): string {
  return `${type}, ${wasSent ? 'sent' : 'not sent'}: ${detail}`;
}
