/** Keys, signed documents and directories of trusted keys, for tests. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { base64Of, publicKeyOf, signersOf, signStatement } from '../../src/clients/ed25519.ts';
import { sha256 } from '../../src/domain/sha256.ts';
import { formatSignature, type Statement } from '../../src/domain/trust/statement.ts';
import type { TrustedKey, TrustSettings } from '../../src/domain/trust/trustSettings.ts';
import type { AppName } from '../../src/domain/types.ts';

export interface TestKey {
  readonly id: string;
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As in its file. */
  readonly base64: string;
}

/** The same for the same number, so that a failure can be seen again. */
export function testKey(number: number): TestKey {
  const seed = Buffer.alloc(32, number);
  // RFC 8410: the fixed beginning of a private ed25519 key, and its 32 bytes.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const base64 = base64Of(createPublicKey(privateKey));
  const { id, key } = publicKeyOf(base64);
  return { id, name: `key${String(number)}`, privateKey, publicKey: key, base64 };
}

export interface SignedTexts {
  readonly ips: string;
  readonly content: string;
  readonly rollout?: string;
}

export function statementOf(
  app: string,
  version: number | string,
  texts: SignedTexts | undefined,
  expires?: string,
): Statement {
  const common = { app: app as AppName, version: String(version) };
  const until = expires === undefined ? {} : { expires };
  if (texts === undefined) return { action: 'unpublish', ...common, ...until };
  const [ipsSha256, contentSha256] = [sha256(texts.ips), sha256(texts.content)];
  const rollout = texts.rollout === undefined ? {} : { rolloutSha256: sha256(texts.rollout) };
  return { action: 'publish', ...common, ...until, ipsSha256, contentSha256, ...rollout };
}

export function signedBy(statement: Statement, ...keys: readonly TestKey[]): string {
  const signatures = keys.map(({ id, privateKey }) => signStatement(statement, id, privateKey));
  return formatSignature({ statement, signatures });
}

export function verifierOf(keys: readonly TestKey[]): (document: string) => readonly string[] {
  const keysById = new Map(keys.map(({ id, publicKey }) => [id, publicKey]));
  return (document) => signersOf(document, keysById);
}

export function trustOf(
  keys: readonly TestKey[],
  change: Partial<TrustSettings> & { readonly apps?: readonly string[] } = {},
): TrustSettings {
  const { apps = ['*'], ...rest } = change;
  const trusted = keys.map(({ id, name }): TrustedKey => ({ id, name, apps }));
  return { mode: 'enforce', keys: trusted, thresholds: [{ apps: '*', count: 1 }], ...rest };
}

/** As `trust.d` has it. */
export function writeTrustDir(
  dir: string,
  keys: readonly (TestKey & { readonly apps?: string })[],
): void {
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, 0o755);
  for (const { name, base64, apps = '*' } of keys) {
    const path = join(dir, `${name}.pub`);
    writeFileSync(path, `# of a test\ned25519 ${base64} ${name}\napps = ${apps}\n`);
    chmodSync(path, 0o644);
  }
}

export function pemOf({ privateKey }: TestKey): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
