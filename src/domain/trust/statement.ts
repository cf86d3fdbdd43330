/**
 * What a signature says of an app: the statement, the text of it that is signed, and the document
 * that stands in the `signature` key.
 *
 * There is one text for each document: `parseSignature` takes exactly what `formatSignature` makes,
 * so that no byte can be changed, doubled, reordered or added without it being refused.
 */
import { parseAppName } from '../appName.ts';
import { err, ok, type Result } from '../result.ts';
import type { AppName, Sha256 } from '../types.ts';
import { utf8SizeBytes } from '../utf8.ts';
import { parseExpiry } from './expiry.ts';

/** A whole number as decimal text, from 1 to 2^53 - 1: it grows with every publish. */
export type SignedVersion = string;

interface StatementOf<Action extends string> {
  readonly action: Action;
  readonly app: AppName;
  readonly version: SignedVersion;
  /** `2026-11-22T20:41:13Z`; absent: never. */
  readonly expires?: string;
}

export interface PublishStatement extends StatementOf<'publish'> {
  /** Of the exact texts in the two keys. */
  readonly ipsSha256: Sha256;
  readonly contentSha256: Sha256;
  /** Of the one in the `rollout` key; absent: there is to be none. */
  readonly rolloutSha256?: Sha256;
}

export type UnpublishStatement = StatementOf<'unpublish'>;
export type Statement = PublishStatement | UnpublishStatement;

export interface KeySignature {
  /** Of the public key. */
  readonly key: KeyId;
  /** Base64 of 64 bytes. */
  readonly signature: string;
}

/** 32 lower-case hexadecimal digits: the beginning of the SHA-256 of the 32 bytes of a key. */
export type KeyId = string;

export interface SignatureDocument {
  readonly statement: Statement;
  /** Sorted by key, no key twice, at least one. */
  readonly signatures: readonly KeySignature[];
}

export const documentSizeMax = 16 * 1024;
export const signaturesMax = 32;
export const versionMax = '9007199254740991';

/**
 * One field a line, none left out: the text that is signed. Only the rollout has no line where there
 * is none, so that what was signed before there were any is still what was signed.
 */
export function statementText(statement: Statement): string {
  const { action, app, version, expires = 'never' } = statement;
  const [ips, content, rollout] =
    statement.action === 'publish'
      ? [statement.ipsSha256, statement.contentSha256, statement.rolloutSha256]
      : ['none', 'none', undefined];
  const lines = [
    'supervene signature v1',
    `action ${action}`,
    `app ${app}`,
    `version ${version}`,
    `expires ${expires}`,
    `ips ${ips}`,
    `content ${content}`,
    ...(rollout === undefined ? [] : [`rollout ${rollout}`]),
  ];
  return `${lines.join('\n')}\n`;
}

export function formatSignature({ statement, signatures }: SignatureDocument): string {
  const { action, app, version, expires } = statement;
  const until = expires === undefined ? {} : { expires };
  const hashes = statement.action === 'publish' ? hashesOf(statement) : {};
  const sorted = [...signatures].sort((a, b) => (a.key < b.key ? -1 : 1));
  return JSON.stringify({
    version: 1,
    statement: { action, app, version, ...until, ...hashes },
    signatures: sorted.map(({ key, signature }) => ({ key, signature })),
  });
}

/** In their order in the document. */
function hashesOf({ ipsSha256, contentSha256, rolloutSha256 }: PublishStatement) {
  const rollout = rolloutSha256 === undefined ? {} : { rolloutSha256 };
  return { ipsSha256, contentSha256, ...rollout };
}

/** The error says what is wrong, as the end of "the signature …". */
export function parseSignature(text: string): Result<SignatureDocument, string> {
  if (text.length > documentSizeMax || utf8SizeBytes(text) > documentSizeMax) {
    return err(`is larger than ${String(documentSizeMax)} bytes`);
  }
  const root = parseJson(text);
  if (root === undefined) return err('is not JSON');
  if (fieldOf(root, 'version') !== 1) return err('is not of version 1');
  const statement = readStatement(fieldOf(root, 'statement'));
  if (!statement.ok) return statement;
  const signatures = readSignatures(fieldOf(root, 'signatures'));
  if (!signatures.ok) return signatures;
  const document = { statement: statement.value, signatures: signatures.value };
  return formatSignature(document) === text
    ? ok(document)
    : err('has fields, blanks or an order that do not belong there');
}

/** Of two versions: negative, zero or positive. */
export function compareVersions(a: SignedVersion, b: SignedVersion): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The one to be published next: above the one before, and not behind the clock. */
export function nextVersion(before: SignedVersion | undefined, nowMs: number): SignedVersion {
  const least = before === undefined ? 1 : Number(before) + 1;
  return String(Math.max(least, Math.floor(nowMs)));
}

export function isVersion(text: string): boolean {
  return /^[1-9]\d{0,15}$/.test(text) && compareVersions(text, versionMax) <= 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function readStatement(value: unknown): Result<Statement, string> {
  const action = fieldOf(value, 'action');
  const app = parseAppName(textOf(value, 'app'));
  const version = textOf(value, 'version');
  const expires = fieldOf(value, 'expires');
  if (!app.ok) return err('names no app');
  if (!isVersion(version)) return err('has no version from 1 to 2^53 - 1');
  if (expires !== undefined && parseExpiry(textOf(value, 'expires')) === undefined) {
    return err('has an expiry that is no time such as 2026-11-22T20:41:13Z');
  }
  const until = expires === undefined ? {} : { expires: textOf(value, 'expires') };
  const common = { app: app.value, version, ...until };
  if (action === 'unpublish') return ok({ action, ...common });
  if (action !== 'publish') return err('has an action that is neither publish nor unpublish');
  const [ipsSha256, contentSha256] = [
    readSha256(textOf(value, 'ipsSha256')),
    readSha256(textOf(value, 'contentSha256')),
  ];
  if (ipsSha256 === undefined || contentSha256 === undefined) return err('lacks a hash');
  const texts = { ipsSha256, contentSha256 };
  if (fieldOf(value, 'rolloutSha256') === undefined) return ok({ action, ...common, ...texts });
  const rolloutSha256 = readSha256(textOf(value, 'rolloutSha256'));
  if (rolloutSha256 === undefined) return err('has a hash of the rollout that is none');
  return ok({ action, ...common, ...texts, rolloutSha256 });
}

function readSignatures(value: unknown): Result<readonly KeySignature[], string> {
  if (!Array.isArray(value) || value.length === 0) return err('has no signatures');
  if (value.length > signaturesMax) return err(`has more than ${String(signaturesMax)} signatures`);
  const signatures: KeySignature[] = [];
  for (const item of value) {
    const [key, signature] = [textOf(item, 'key'), textOf(item, 'signature')];
    if (!/^[0-9a-f]{32}$/.test(key)) return err('has a signature of no key');
    // 64 bytes are 85 digits, one with four zero bits, and two for filling up.
    if (!/^[A-Za-z0-9+/]{85}[AQgw]==$/.test(signature)) return err('has a signature of wrong size');
    if (signatures.some((other) => other.key === key)) return err('names a key twice');
    signatures.push({ key, signature });
  }
  return ok(signatures);
}

function readSha256(text: string): Sha256 | undefined {
  return /^[0-9a-f]{64}$/.test(text) ? (text as Sha256) : undefined;
}

/** Own fields only; '' for what is no text. */
function textOf(value: unknown, name: string): string {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : '';
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1] as unknown;
}
