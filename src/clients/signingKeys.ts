/**
 * Private keys as files: PKCS#8 in PEM, mode 0600, and the public half beside it as `trust.d` takes
 * it. A private key that others can read is refused: it may be anybody's by now.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { err, ok, type Result } from '../domain/result.ts';
import { formatKeyFile, keyFileSizeMax } from '../domain/trust/keyFile.ts';
import type { KeyId, KeySignature, Statement } from '../domain/trust/statement.ts';
import { base64Of, publicKeyOf, signStatement } from './ed25519.ts';

export interface SigningKey {
  readonly id: KeyId;
  /** Base64 of the 32 bytes. */
  readonly publicKey: string;
  readonly verifier: KeyObject;
  readonly sign: (statement: Statement) => KeySignature;
}

/** The error is a sentence without its full stop. */
export function readSigningKey(path: string): Result<SigningKey, string> {
  const text = readPrivate(path);
  if (!text.ok) return text;
  try {
    const key = createPrivateKey(text.value);
    if (key.asymmetricKeyType !== 'ed25519') return err(`${path} is not an ed25519 key`);
    const publicKey = base64Of(createPublicKey(key));
    const { id, key: verifier } = publicKeyOf(publicKey);
    return ok({ id, publicKey, verifier, sign: (statement) => signStatement(statement, id, key) });
  } catch {
    return err(`${path} is no private key in PEM, or one with a passphrase`);
  }
}

function readPrivate(path: string): Result<string, string> {
  try {
    const file = openSync(path, 'r');
    try {
      const { mode, size } = fstatSync(file);
      const isOpen = (mode & 0o077) !== 0;
      if (isOpen) return err(`${path} can be read by others: chmod 600 it, or make another key`);
      if (size > keyFileSizeMax) return err(`${path} is too large for a key`);
      return ok(readFileSync(file, 'utf8'));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return err(`${path} cannot be read: ${codeOf(error)}`);
  }
}

export interface NewKey {
  readonly id: KeyId;
  readonly privatePath: string;
  readonly publicPath: string;
}

/** Writes over nothing. The error is a sentence without its full stop. */
export function generateKeyFiles(privatePath: string, name: string): Result<NewKey, string> {
  const publicPath = `${privatePath.replace(/\.key$/, '')}.pub`;
  const taken = [privatePath, publicPath].find((path) => existsSync(path));
  if (taken !== undefined) return err(`${taken} is there already`);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = base64Of(publicKey);
  try {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(privatePath, pem, { mode: 0o600, flag: 'wx' });
    writeFileSync(publicPath, formatKeyFile({ key, name }), { mode: 0o644, flag: 'wx' });
    return ok({ id: publicKeyOf(key).id, privatePath, publicPath });
  } catch (error) {
    return err(`the key cannot be written: ${codeOf(error)}`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
