/** What hosts report, as it stands in etcd now: of all of them, or of a few that are asked for. */
import type { EtcdError, EtcdKeyValue, Range } from '../../src/domain/etcdCalls.ts';
import { parseFleetKey, reportKey, type ReportKind } from '../../src/domain/fleet/fleetKeys.ts';
import { keyStart } from '../../src/domain/keys.ts';
import { ok, type Result } from '../../src/domain/result.ts';
import type { HostKeys } from '../../src/domain/rollout/outOfService.ts';
import { rangeAll } from './rangeAll.ts';

interface Words {
  readonly live: Map<number, Uint8Array>;
  readonly known: Map<number, Uint8Array>;
}

const kinds: readonly ReportKind[] = ['hosts', 'known'];

/** `only`: of all hosts when it is undefined. */
export async function readHostWords(
  range: Range,
  fleetPrefix: string,
  only?: readonly string[],
): Promise<Result<readonly HostKeys[], EtcdError>> {
  const wordsByHost = new Map<string, Words>();
  for (const kind of kinds) {
    const found = await readKind(range, fleetPrefix, kind, only);
    if (!found.ok) return found;
    for (const item of found.value) note(wordsByHost, fleetPrefix, item);
  }
  return ok([...wordsByHost].map(([host, words]) => ({ host, ...words })));
}

async function readKind(
  range: Range,
  fleetPrefix: string,
  kind: ReportKind,
  only: readonly string[] | undefined,
): Promise<Result<readonly EtcdKeyValue[], EtcdError>> {
  if (only === undefined) return rangeAll(range, `${keyStart(fleetPrefix)}${kind}/`);
  const kvs: EtcdKeyValue[] = [];
  for (const host of only) {
    const head = reportKey(fleetPrefix, kind, host, 0);
    const first = await range({ key: Buffer.from(head) });
    if (!first.ok) return first;
    const parts = await rangeAll(range, `${head}/`);
    if (!parts.ok) return parts;
    kvs.push(...first.value.kvs, ...parts.value);
  }
  return ok(kvs);
}

/** A key that nobody keeps alive is no sign of life, whoever wrote it. */
function note(
  wordsByHost: Map<string, Words>,
  fleetPrefix: string,
  { key, value, lease }: EtcdKeyValue,
): void {
  const parsed = parseFleetKey(fleetPrefix, Buffer.from(key).toString());
  if (parsed?.type !== 'Report') return;
  const { kind, host, part } = parsed;
  if (kind === 'hosts' && lease === undefined) return;
  const words = wordsByHost.get(host) ?? { live: new Map(), known: new Map() };
  wordsByHost.set(host, words);
  (kind === 'hosts' ? words.live : words.known).set(part, value);
}
