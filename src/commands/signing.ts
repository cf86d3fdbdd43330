/**
 * What `--sign` makes of a change: the statement, its version, and the signatures of the keys given.
 *
 * The version follows the one that stands in etcd if a known key has signed that. Anybody may have
 * written it: whoever could lead the versions ahead and take that key away again would have later
 * publishes refused, as older than what was accepted.
 */
import type { KeyObject } from 'node:crypto';
import { signersOf } from '../clients/ed25519.ts';
import { readSigningKey, type SigningKey } from '../clients/signingKeys.ts';
import { readTrustDir } from '../clients/trustKeys.ts';
import type { DesiredEntry, Leaf } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { sha256 } from '../domain/sha256.ts';
import {
  compareVersions,
  formatSignature,
  isVersion,
  type KeyId,
  nextVersion,
  parseSignature,
  type PublishStatement,
  type SignatureDocument,
  type SignedVersion,
  type Statement,
  versionMax,
} from '../domain/trust/statement.ts';
import { maySign } from '../domain/trust/trustSettings.ts';
import type { AppName, Sha256 } from '../domain/types.ts';
import type { CommandOptions } from './command.ts';
import type { Fault } from './commandIo.ts';

export interface SigningWish {
  /** Empty: it is not to be signed. */
  readonly keys: readonly SigningKey[];
  readonly expiresMs: number | undefined;
  /** A signature that stands there is to go. */
  readonly isUnsigned: boolean;
  /** A version that a host has accepted; what is signed gets a higher one. */
  readonly above: SignedVersion | undefined;
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
  const above = options.text('above');
  if (above !== undefined) {
    const wrong = whyNotAbove(above, keys.length > 0);
    if (wrong !== undefined) return err(wrong);
  }
  return ok({ keys, expiresMs, isUnsigned, above });
}

function whyNotAbove(above: string, isSigned: boolean): Fault | undefined {
  if (!isVersion(above) || above === versionMax) {
    const message = `--above: ${JSON.stringify(above)} is not a version with one above it`;
    return { message, remedy: 'give the one that a host named in E_SIGNATURE_ROLLBACK' };
  }
  if (isSigned) return undefined;
  return { message: '--above is for what is signed', remedy: 'give --sign KEYFILE too' };
}

function parseLife(text: string): number | undefined {
  const match = /^([1-9]\d{0,4})([dhm])$/.exec(text);
  const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000 }[match?.[2] ?? ''];
  return unitMs === undefined ? undefined : Number(match?.[1]) * unitMs;
}

/** What is to stand in etcd; undefined: it is to be removed. */
export type Texts =
  | {
      readonly ips: string;
      readonly content: string;
      /** Undefined for none. */
      readonly rollout?: string | undefined;
    }
  | undefined;

export interface SignedChange {
  /** What is to stand in the signature key. */
  readonly document: string | undefined;
  readonly statement: Statement | undefined;
  /** There is something to write, even where the app stays as it is. */
  readonly isNews: boolean;
  /** What stands there was not gone by. */
  readonly warning?: Fault;
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
  const before = versionBefore(place, await knownKeys(wish.keys, place));
  const version = versionAbove(higher(before.version, wish.above), place);
  if (!version.ok) return version;
  const statement = statementOf(wish, texts, version.value, place);
  const signatures = wish.keys.map((key) => key.sign(statement));
  const document = formatSignature({ statement, signatures });
  // Also of what stands there already: it may be an old version that somebody put back.
  const isWarned = before.passedOver !== undefined && wish.above === undefined;
  const warning = isWarned ? { warning: passedOver(place.app, before.passedOver) } : {};
  return ok({ document, statement, isNews: true, ...warning });
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
  const rollout = texts.rollout === undefined ? {} : { rolloutSha256: sha256(texts.rollout) };
  return { action: 'publish', app, version, ...until, ipsSha256, contentSha256, ...rollout };
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

/** Of exactly what stands in the keys; a rollout is there if and only if it is in the statement. */
export function isStatementOf(
  { app, ips, content, rollout }: DesiredEntry,
  statement: PublishStatement,
): boolean {
  const isHashed = (leaf: Leaf | undefined, hash: Sha256 | undefined): boolean => {
    if (leaf === undefined || hash === undefined) return leaf === hash;
    return leaf.value.type === 'Text' && sha256(leaf.value.text) === hash;
  };
  const { ipsSha256, contentSha256, rolloutSha256 } = statement;
  const isOfPair = isHashed(ips, ipsSha256) && isHashed(content, contentSha256);
  return statement.app === app && isOfPair && isHashed(rollout, rolloutSha256);
}

/** Those that may sign this app. */
async function knownKeys(
  own: readonly SigningKey[],
  { app, trustDir }: SigningPlace,
): Promise<ReadonlyMap<KeyId, KeyObject>> {
  const trusted = await readTrustDir(trustDir);
  const others = trusted.ok ? trusted.value.filter((key) => maySign(key, app)) : [];
  return new Map([
    ...others.map(({ id, key }) => [id, key] as const),
    ...own.map(({ id, verifier }) => [id, verifier] as const),
  ]);
}

/** Clocks may differ by so much. What a stranger can gain by it is over as soon. */
const skewMaxMs = 300_000;

interface VersionBefore {
  /** Undefined: there is none that counts. */
  readonly version: SignedVersion | undefined;
  /** It stands there, is ahead of the clock, and is of nobody known. */
  readonly passedOver?: SignedVersion;
}

function versionBefore(
  { app, entry, nowMs }: SigningPlace,
  known: ReadonlyMap<KeyId, KeyObject>,
): VersionBefore {
  const there = documentOf(entry);
  if (there === undefined || there.statement.app !== app) return { version: undefined };
  const { version } = there.statement;
  const isKnown = signersOf(formatSignature(there), known).length > 0;
  const isFollowed = isKnown || Number(version) <= nowMs + skewMaxMs;
  return isFollowed ? { version } : { version: undefined, passedOver: version };
}

function higher(
  a: SignedVersion | undefined,
  b: SignedVersion | undefined,
): SignedVersion | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareVersions(a, b) < 0 ? b : a;
}

function versionAbove(
  before: SignedVersion | undefined,
  { app, nowMs }: SigningPlace,
): Result<SignedVersion, Fault> {
  const version = nextVersion(before, nowMs);
  if (isVersion(version)) return ok(version);
  const message = `${app} has the last version there is, and a key known here has signed it`;
  return err({ message, remedy: 'publish it under another name' });
}

function passedOver(app: AppName, version: SignedVersion): Fault {
  return {
    message:
      `the signature of ${app} in etcd claims version ${version}, ahead of the clock, and no key ` +
      'known here that may sign it has done so: it was passed over',
    remedy:
      'if a host says E_SIGNATURE_ROLLBACK now: do it again with --above and the version it names',
  };
}
