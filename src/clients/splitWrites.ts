/** Writes of many apps in as few transactions as etcd takes them in: each app whole, in their order. */
import { type AppWrite, transaction } from './writeApps.ts';

/** etcd's `--max-txn-ops`, by default: of the compares and of the writes, each. */
export const operationsMax = 128;

/** Of a request; etcd's default is 1.5 MiB (`--max-request-bytes`), and this counts no framing. */
export const requestSizeMaxBytes = 1280 * 1024;

const framingBytes = 64;

export function splitWrites(
  prefix: string,
  writes: readonly AppWrite[],
): readonly (readonly AppWrite[])[] {
  const batches: AppWrite[][] = [];
  let [compares, puts, sizeBytes] = [0, 0, 0];
  for (const write of writes) {
    const query = transaction(prefix, [write]);
    const size = sizeOf(query);
    const isFull =
      compares + query.compares.length > operationsMax ||
      puts + query.writes.length > operationsMax ||
      sizeBytes + size > requestSizeMaxBytes;
    const last = batches.at(-1);
    if (last === undefined || isFull) {
      batches.push([write]);
      [compares, puts, sizeBytes] = [0, 0, 0];
    } else last.push(write);
    compares += query.compares.length;
    puts += query.writes.length;
    sizeBytes += size;
  }
  return batches;
}

function sizeOf({ compares, writes }: ReturnType<typeof transaction>): number {
  const keys = [...compares, ...writes].map(({ key }) => key.length + framingBytes);
  const values = writes.map(({ value }) => value?.length ?? 0);
  return [...keys, ...values].reduce((sum, size) => sum + size, 0);
}
