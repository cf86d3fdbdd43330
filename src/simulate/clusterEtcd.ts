/** The etcd of a simulated cluster, for a publishing tool that is to be tested against it. */
import { parseKey } from '../domain/keys.ts';
import { appsPrefix } from './world/hostSettings.ts';
import type { World } from './world/world.ts';

/** Synchronous: what it says is done, and every agent hears of it when time passes. */
export interface ClusterEtcd {
  /** Of the newest change, in decimal digits. */
  readonly revision: () => string;
  readonly get: (key: string) => ClusterValue | undefined;
  /** All keys that begin so, sorted. */
  readonly list: (prefix: string) => readonly ClusterValue[];
  /** The three that write give the revision afterwards. */
  readonly put: (key: string, value: string) => string;
  readonly delete: (key: string) => string;
  /** All at one revision; undefined deletes. */
  readonly write: (values: Readonly<Record<string, string | undefined>>) => string;
  /**
   * `write`, if every key of `expected` still has that revision (`0`: there is no such key); else
   * nothing is written and it gives undefined.
   */
  readonly writeIf: (
    expected: Readonly<Record<string, string>>,
    values: Readonly<Record<string, string | undefined>>,
  ) => string | undefined;
}

export interface ClusterValue {
  readonly key: string;
  readonly value: string;
  /** Of its last change. */
  readonly modRevision: string;
}

export function createClusterEtcd({ etcd, hosts }: World): ClusterEtcd {
  const get = (key: string): ClusterValue | undefined => {
    const found = etcd.get(key);
    if (found === undefined) return undefined;
    return { key, value: textOf(found.value), modRevision: found.modRevision };
  };
  const write: ClusterEtcd['write'] = (values) => {
    const apps = appsOf(Object.keys(values));
    for (const { watch } of hosts) watch.onCause(apps);
    return etcd.write(values);
  };
  return {
    revision: etcd.revision,
    get,
    write,
    list: (prefix) => {
      const answer = etcd.range({ key: Buffer.from(prefix), rangeEnd: endOf(prefix) });
      if (!answer.ok) return [];
      return answer.value.kvs.map(({ key, value, modRevision }) => {
        return { key: textOf(key), value: textOf(value), modRevision };
      });
    },
    put: (key, value) => write({ [key]: value }),
    delete: (key) => write({ [key]: undefined }),
    writeIf: (expected, values) => {
      const isSame = Object.entries(expected).every(
        ([key, revision]) => (get(key)?.modRevision ?? '0') === revision,
      );
      return isSame ? write(values) : undefined;
    },
  };
}

/** Whom a write concerns; undefined: nobody can say. */
function appsOf(keys: readonly string[]): readonly string[] | undefined {
  const apps = new Set<string>();
  for (const key of keys) {
    const place = parseKey(appsPrefix, key);
    if (place.type === 'Leaf') apps.add(place.app);
    else if (place.type === 'Outside') continue;
    else return undefined;
  }
  return [...apps];
}

function endOf(prefix: string): Uint8Array {
  const bytes = Buffer.from(prefix === '' ? '\0' : prefix);
  const last = bytes.length - 1;
  // No UTF-8 text ends with 0xff.
  bytes.writeUInt8((bytes[last] ?? 0) + 1, last);
  return prefix === '' ? Buffer.from('\0') : bytes;
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8');
}
