/** What stands below the prefix of the apps, key by key, and what agents cannot do anything with. Pure. */
import { assessApp } from '../../../commands/assessApp.ts';
import type { KeyEntry } from '../../../domain/console/api.ts';
import { formatKeyText } from '../../../domain/console/keyText.ts';
import { parseAppName } from '../../../domain/appName.ts';
import type { EtcdKeyValue } from '../../../domain/etcdCalls.ts';
import type { DesiredEntry } from '../../../domain/event.ts';
import { type LeafName, parseKey } from '../../../domain/keys.ts';
import { parseSignature } from '../../../domain/trust/statement.ts';
import type { Problem } from '../../../domain/types.ts';
import { decodeKey, decodeLeafValue } from '../../../../streams/etcdBytes.ts';

/** Sorted by key, and all of them but for the end when `isCut`. */
export function keyEntries(
  prefix: string,
  kvs: readonly EtcdKeyValue[],
  isCut: boolean,
): readonly KeyEntry[] {
  const entries = new Map<string, DesiredEntry>();
  const places = kvs.map(({ key, value, modRevision }) => {
    const text = decodeKey(key);
    const place = text === undefined ? undefined : parseKey(prefix, text);
    if (place?.type === 'Leaf') {
      const { app, leaf } = place;
      const entry = entries.get(app) ?? { app };
      entries.set(app, { ...entry, [leaf]: { modRevision, value: decodeLeafValue(value) } });
    }
    return place;
  });
  const lastApp = places.flatMap((place) => (place?.type === 'Leaf' ? place.app : [])).at(-1);
  const remarks = new Map(
    [...entries].map(([app, entry]) => [app, remarksOf(entry, isCut && app === lastApp)]),
  );
  return kvs.map(({ key, value, modRevision }, at) => {
    const place = places[at];
    const said = { key: formatKeyText(key), modRevision, bytes: value.length };
    if (place?.type !== 'Leaf') {
      const remark = decodeKey(key) === undefined ? noText : nobodys;
      return { ...said, app: null, leaf: null, remark };
    }
    const { app, leaf } = place;
    return { ...said, app, leaf, remark: remarks.get(app)?.[leaf] ?? null };
  });
}

const noText = 'its name is no text (UTF-8): no agent reads it';
const nobodys = 'it is no key of an app: no agent reads it';

type Remarks = Readonly<Partial<Record<LeafName, string>>>;

function remarksOf(entry: DesiredEntry, mayGoOn: boolean): Remarks {
  const name = parseAppName(entry.app);
  const said = name.ok ? undefined : problemText(name.error);
  if (said !== undefined) return { ips: said, content: said, signature: said, rollout: said };
  const { ips, content, rollout, signature } = entry;
  const first = (part: Partial<DesiredEntry>): string | undefined => {
    const { problems } = assessApp({ app: entry.app, ...part }, nowhere);
    const problem = problems.find(({ code }) => code !== 'E_HALF_PAIR');
    return problem === undefined ? undefined : problemText(problem);
  };
  const isHalf = (ips === undefined) !== (content === undefined) && !mayGoOn;
  const half = isHalf
    ? `E_HALF_PAIR: the key ${ips === undefined ? 'ips' : 'content'} of ${entry.app} is missing`
    : undefined;
  const alone = ips === undefined && content === undefined && !mayGoOn;
  const signed =
    signature?.value.type === 'Text' ? parseSignature(signature.value.text) : undefined;
  return {
    ...pick('ips', ips && (first({ ips }) ?? half)),
    ...pick('content', content && (first({ content }) ?? half)),
    ...pick('rollout', rollout && (first({ rollout }) ?? (alone ? rolloutAlone : undefined))),
    ...pick('signature', signature && (signed === undefined ? notText : signatureFault(signed))),
  };
}

function signatureFault(signed: ReturnType<typeof parseSignature>): string | undefined {
  return signed.ok ? undefined : `the signature ${signed.error}`;
}

const notText = 'the signature is no text';
const rolloutAlone = 'there is no app that it could be of';
const nowhere = { hostId: '', hostNames: [], addresses: [] };

function pick(leaf: LeafName, remark: string | undefined): Remarks {
  return remark === undefined ? {} : { [leaf]: remark };
}

function problemText({ code, message, line }: Problem): string {
  return `${code}: ${line > 0 ? `line ${String(line)}: ` : ''}${message}`;
}
