/**
 * What `--sign` makes of a change: the statement, its version, and the signatures of the keys given.
 *
 * The version follows the one that stands in etcd, which anybody may have written: it is believed
 * as far as a known key has signed it, or as far as it is plausible.
 */
import type { KeyObject } from 'node:crypto';
import { signersOf } from '../clients/ed25519.ts';
import { readSigningKey, type SigningKey } from '../clients/signingKeys.ts';
import { readTrustDir } from '../clients/trustKeys.ts';
import type { DesiredEntry } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { sha256 } from '../domain/sha256.ts';
import {
  formatSignature,
  isVersion,
  type KeyId,
  nextVersion,
  parseSignature,
  type SignatureDocument,
  type Statement,
} from '../domain/trust/statement.ts';
import type { AppName } from '../domain/types.ts';
import type { CommandOptions } from './command.ts';
import type { Fault } from './commandIo.ts';

export interface SigningWish {
  /** Empty: it is not to be signed. */
  readonly keys: readonly SigningKey[];
  readonly expiresMs: number | undefined;
  /** A signature that stands there is to go. */
  readonly isUnsigned: boolean;
}

export function readSigningWish(options: CommandOptions): Result<SigningWish, Fault> {
  const keys: SigningKey[] = [];
  for (const path of options.text('sign')?.split('\n') ?? []) {
    const key = readSigningKey(path);
    if (!key.ok) return err({ message: `--sign: ${key.error}` });
    if (keys.some(({ id }) => id === key.value.id)) {
      return err({ message: `--sign: ${path} is given twice` });
    }
    keys.push(key.value);
  }
  const isUnsigned = options.has('unsigned');
  if (isUnsigned && keys.length > 0) {
    return err({ message: '--sign and --unsigned exclude each other' });
  }
  const expires = options.text('expires');
  const expiresMs = expires === undefined ? undefined : parseLife(expires);
  if (expires !== undefined && expiresMs === undefined) {
    return err({
      message: `--expires: ${JSON.stringify(expires)} is not a time such as 30d or 12h`,
    });
  }
  if (expires !== undefined && keys.length === 0) {
    return err({ message: '--expires is for what is signed', remedy: 'give --sign KEYFILE too' });
  }
  return ok({ keys, expiresMs, isUnsigned });
}

function parseLife(text: string): number | undefined {
  const match = /^([1-9]\d{0,4})([dhm])$/.exec(text);
  const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000 }[match?.[2] ?? ''];
  return unitMs === undefined ? undefined : Number(match?.[1]) * unitMs;
}

/** What is to stand in etcd; undefined: it is to be removed. */
export type Texts = { readonly ips: string; readonly content: string } | undefined;

export interface SignedChange {
  /** What is to stand in the signature key. */
  readonly document: string | undefined;
  readonly statement: Statement | undefined;
  /** There is something to write, even where the app stays as it is. */
  readonly isNews: boolean;
}

export interface SigningPlace {
  readonly app: AppName;
  readonly entry: DesiredEntry;
  readonly trustDir: string;
  readonly nowMs: number;
}

export async function signChange(
  wish: SigningWish,
  texts: Texts,
  place: SigningPlace,
): Promise<Result<SignedChange, Fault>> {
  const { app, entry } = place;
  const isSigned = entry.signature !== undefined;
  if (wish.keys.length === 0) {
    if (isSigned && !wish.isUnsigned) return err(wouldLoseSignature(app));
    return ok({ document: undefined, statement: undefined, isNews: isSigned });
  }
  const known = await knownKeys(wish.keys, place.trustDir);
  const version = versionAfter(place, known);
  if (!version.ok) return version;
  const statement = statementOf(wish, texts, version.value, place);
  const signatures = wish.keys.map((key) => key.sign(statement));
  const document = formatSignature({ statement, signatures });
  // Also of what stands there already: it may be an old version that somebody put back.
  return ok({ document, statement, isNews: true });
}

function wouldLoseSignature(app: AppName): Fault {
  return {
    message: `${app} is signed; hosts that enforce signatures would refuse it without one`,
    remedy: 'give --sign KEYFILE, or --unsigned if no host asks for signatures',
  };
}

function statementOf(
  { expiresMs }: SigningWish,
  texts: Texts,
  version: string,
  { app, nowMs }: SigningPlace,
): Statement {
  const until = expiresMs === undefined ? {} : { expires: momentText(nowMs + expiresMs) };
  if (texts === undefined) return { action: 'unpublish', app, version, ...until };
  const [ipsSha256, contentSha256] = [sha256(texts.ips), sha256(texts.content)];
  return { action: 'publish', app, version, ...until, ipsSha256, contentSha256 };
}

function momentText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** Undefined when there is none, or none that makes sense. */
export function documentOf({ signature }: DesiredEntry): SignatureDocument | undefined {
  if (signature?.value.type !== 'Text') return undefined;
  const parsed = parseSignature(signature.value.text);
  return parsed.ok ? parsed.value : undefined;
}

async function knownKeys(
  own: readonly SigningKey[],
  trustDir: string,
): Promise<ReadonlyMap<KeyId, KeyObject>> {
  const trusted = await readTrustDir(trustDir);
  const others = trusted.ok ? trusted.value : [];
  return new Map([
    ...others.map(({ id, key }) => [id, key] as const),
    ...own.map(({ id, verifier }) => [id, verifier] as const),
  ]);
}

/** Clocks may differ by so much. */
const skewMaxMs = 86_400_000;

function versionAfter(
  { app, entry, nowMs }: SigningPlace,
  known: ReadonlyMap<KeyId, KeyObject>,
): Result<string, Fault> {
  const there = documentOf(entry);
  if (there === undefined || there.statement.app !== app) return ok(nextVersion(undefined, nowMs));
  const before = there.statement.version;
  const version = nextVersion(before, nowMs);
  const isKnown = signersOf(formatSignature(there), known).length > 0;
  if (!isVersion(version) || (!isKnown && Number(before) > nowMs + skewMaxMs)) {
    const message =
      `the signature of ${app} in etcd claims version ${before}, far ahead of the clock, ` +
      'and no key known here has signed it';
    const remedy = 'somebody else wrote it, or a clock is wrong; delete that key and try again';
    return err({ message, remedy });
  }
  return ok(version);
}
