/** Keys, values and changes as etcd's client hands them out, from plain text. */
import { type EtcdKeyValue, type KeyChange } from '../../src/domain/etcdCalls.ts';
import { type Revision } from '../../src/domain/types.ts';

export function rev(revision: number | bigint): Revision {
  return String(revision) as Revision;
}

export function kv(key: string, value: string | Uint8Array, revision: number): EtcdKeyValue {
  return { key: Buffer.from(key), value: Buffer.from(value as string), modRevision: rev(revision) };
}

export function put(
  key: string,
  value: string | Uint8Array,
  revision: number,
  isNew = false,
): KeyChange {
  return { type: 'Put', ...kv(key, value, revision), isNew };
}

export function del(key: string, revision: number): KeyChange {
  return { type: 'Delete', ...kv(key, '', revision), isNew: false };
}
