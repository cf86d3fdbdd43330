/**
 * `keys`, `key` and `writeKey`: what stands below the prefix of the apps as it is, whoever made it,
 * and one key changed by hand. Nothing is judged here: it is for mending what publishing cannot.
 */
import { etcdFault } from '../../../commands/etcdFault.ts';
import { isWorthAnother } from '../../../commands/triedOnEach.ts';
import type { KeyConflict, KeyDocument, KeysDocument } from '../../../domain/console/api.ts';
import { formatKeyText, parseKeyText } from '../../../domain/console/keyText.ts';
import type { EtcdKeyValue } from '../../../domain/etcdCalls.ts';
import { keyStart } from '../../../domain/keys.ts';
import { quote } from '../../../domain/quote.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { sha256 } from '../../../domain/sha256.ts';
import { parseRevision, type Revision, revisionZero } from '../../../domain/types.ts';
import { type Answer, jsonAnswer } from '../../../http/respond.ts';
import { decodeKey } from '../../../../streams/etcdBytes.ts';
import { listPages } from '../../../../streams/listPages.ts';
import { faultAnswer, type Handlers } from '../handlers.ts';
import { auditedIf, type Decided, type Done, done, notDone } from './audited.ts';
import { keyEntries } from './keyRemarks.ts';
import { bodyFields, etcdAnswer, type Fields, type HandlerDeps } from './parts.ts';
import { messageOf, wrongAnswer } from './parts.ts';

const limits = { timeoutMs: 10_000 };
const pageSize = 250;
const keysMax = 5_000;
/** So that each that can be written can be asked for, in the address of a request. */
const keyMaxBytes = 1_024;

export function createKeys(deps: HandlerDeps): Pick<Handlers, 'keys' | 'key' | 'writeKey'> {
  return {
    keys: () => listKeys(deps),
    key: async ({ query }) => {
      const key = readKeyText(deps, query.get('key') ?? '');
      if (!key.ok) return key.error;
      const document = await readKey(deps, key.value);
      return document.ok ? jsonAnswer(200, document.value) : document.error;
    },
    writeKey: async (ask) => {
      const wish = readWish(deps, ask.body);
      if (!wish.ok) return wish.error;
      const { key, value, message } = wish.value;
      const asked = { target: formatKeyText(key), wanted: valueSummary(value), message };
      return auditedIf(deps, ask, asked, () => decideWrite(deps, wish.value));
    },
  };
}

async function listKeys({ client, settings }: HandlerDeps): Promise<Answer> {
  const { prefix } = settings.etcd;
  const kvs: EtcdKeyValue[] = [];
  let revision = revisionZero;
  let isCut = false;
  for await (const page of listPages(client.range, { prefix, pageSize, ...limits })) {
    if (!page.ok) return etcdAnswer(etcdFault(page.error, settings.etcd));
    ({ revision } = page.value);
    kvs.push(...page.value.kvs);
    isCut = kvs.length > keysMax;
    if (isCut) break;
  }
  const keys = keyEntries(prefix, kvs.slice(0, keysMax), isCut);
  const document: KeysDocument = { revision, prefix, isCut, keys };
  return jsonAnswer(200, document);
}

/** Below the prefix of the apps, and not of the fleet: what consoles and agents write is theirs. */
function readKeyText({ settings }: HandlerDeps, text: string): Result<Uint8Array, Answer> {
  const { prefix, fleetPrefix } = settings.etcd;
  const key = parseKeyText(text);
  if (key === undefined) return err(wrongAnswer(`${quote(text)} is not how a key is written here`));
  if (key.length > keyMaxBytes) {
    return err(wrongAnswer(`a key of more than ${String(keyMaxBytes)} bytes is none of an app`));
  }
  const [start, fleet] = [keyStart(prefix), keyStart(fleetPrefix)].map((one) => Buffer.from(one));
  const isBelow = (of: Buffer | undefined): boolean =>
    of !== undefined && key.length > of.length && of.equals(key.subarray(0, of.length));
  const isTheirs =
    fleetPrefix !== prefix && isBelow(fleet) && (fleet?.length ?? 0) >= (start?.length ?? 0);
  if (isBelow(start) && !isTheirs) return ok(key);
  return err(wrongAnswer(`${quote(text)} is not below ${keyStart(prefix)}`));
}

async function readKey(
  { client, settings }: HandlerDeps,
  key: Uint8Array,
): Promise<Result<KeyDocument, Answer>> {
  const found = await client.range({ key }, limits);
  if (!found.ok) return err(etcdAnswer(etcdFault(found.error, settings.etcd)));
  const [there] = found.value.kvs;
  const text = there === undefined ? undefined : decodeKey(there.value);
  const isBytes = there !== undefined && text === undefined;
  return ok({
    key: formatKeyText(key),
    modRevision: there?.modRevision ?? null,
    text: text ?? null,
    base64: isBytes ? Buffer.from(there.value).toString('base64') : null,
  });
}

interface Wish {
  readonly key: Uint8Array;
  /** Null: not there. */
  readonly expected: Revision | null;
  /** Undefined: it is removed. */
  readonly value: Uint8Array | undefined;
  readonly message: string;
}

function readWish(deps: HandlerDeps, body: unknown): Result<Wish, Answer> {
  const fields = bodyFields(body, ['key', 'expected', 'text', 'base64', 'message']);
  if (!fields.ok) return fields;
  const [name, given] = [fields.value.get('key'), fields.value.get('expected')];
  if (typeof name !== 'string') return err(wrongAnswer('key is not a text'));
  const key = readKeyText(deps, name);
  if (!key.ok) return key;
  const expected =
    typeof given === 'string' ? parseRevision(given) : given === null ? null : undefined;
  if (expected === undefined) return err(wrongAnswer('expected is neither a revision nor null'));
  const value = readValue(fields.value);
  if (!value.ok) return value;
  const message = messageOf(fields.value);
  if (!message.ok) return message;
  return ok({ key: key.value, expected, value: value.value, message: message.value });
}

function readValue(fields: Fields): Result<Uint8Array | undefined, Answer> {
  const [text, base64] = [fields.get('text'), fields.get('base64')];
  if (text !== undefined && base64 !== undefined) {
    return err(wrongAnswer('text and base64 exclude each other'));
  }
  if (typeof text === 'string') return ok(Buffer.from(text));
  if (text !== undefined) return err(wrongAnswer('text is not a text'));
  if (base64 === undefined) return ok(undefined);
  if (typeof base64 !== 'string') return err(wrongAnswer('base64 is not a text'));
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? ok(bytes) : err(wrongAnswer('base64 is not base64'));
}

async function decideWrite(deps: HandlerDeps, wish: Wish): Promise<Decided> {
  const { client, settings } = deps;
  const { key, expected, value } = wish;
  const there = await client.range({ key }, limits);
  if (!there.ok) return err(etcdAnswer(etcdFault(there.error, settings.etcd)));
  const [old] = there.value.kvs;
  if ((old?.modRevision ?? null) !== expected) return err(await conflictAnswer(deps, key));
  if (old === undefined && value === undefined) {
    const error = 'there is no such key; nothing was removed';
    return err(faultAnswer(404, { code: 'NotThere', error }));
  }
  return ok(() => writeKey(deps, wish, valueSummary(old?.value)));
}

async function writeKey(
  deps: HandlerDeps,
  { key, expected, value }: Wish,
  before: string,
): Promise<Done> {
  const { client, settings } = deps;
  const compares = [{ key, modRevision: expected ?? revisionZero }];
  const written = await client.txn({ compares, writes: [{ key, value }] }, limits);
  const after = valueSummary(value);
  if (written.ok && !written.value.isDone) {
    return notDone(await conflictAnswer(deps, key), { before });
  }
  if (written.ok) {
    const { revision } = written.value;
    return done({ revision }, { before, after, detail: `revision ${revision}` });
  }
  const fault = etcdFault(written.error, settings.etcd);
  const isUnknown = written.error.wasSent && isWorthAnother(written.error);
  const remedy = isUnknown
    ? 'it may be written nevertheless: look before you try again'
    : fault.remedy;
  return notDone(etcdAnswer({ message: fault.message, remedy }), { before });
}

async function conflictAnswer(deps: HandlerDeps, key: Uint8Array): Promise<Answer> {
  const now = await readKey(deps, key);
  if (!now.ok) return now.error;
  const answer: KeyConflict = {
    code: 'Conflict',
    error: 'the key was changed by somebody else meanwhile; nothing was written',
    remedy: 'look at what stands there now, and write it again',
    nowKey: now.value,
  };
  return faultAnswer(409, answer);
}

/** For the audit trail. */
function valueSummary(value: Uint8Array | undefined): string {
  if (value === undefined) return 'nothing';
  const text = decodeKey(value) ?? Buffer.from(value).toString('latin1');
  return `sha256:${sha256(text)} (${String(value.length)} bytes)`;
}
