/** Signatures over statements: the only place that knows keys, on either side. */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import {
  type KeyId,
  type KeySignature,
  parseSignature,
  type Statement,
  statementText,
} from '../domain/trust/statement.ts';

export interface PublicKey {
  readonly id: KeyId;
  readonly key: KeyObject;
}

/** Of the 32 bytes of a key, in base64. */
export function publicKeyOf(base64: string): PublicKey {
  const bytes = Buffer.from(base64, 'base64');
  const x = bytes.toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return { id: keyIdOf(bytes), key };
}

/** The 32 bytes of a public key, in base64. */
export function base64Of(key: KeyObject): string {
  const { x = '' } = key.export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('base64');
}

export function keyIdOf(bytes: Uint8Array): KeyId {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

export function signStatement(statement: Statement, id: KeyId, key: KeyObject): KeySignature {
  const signature = sign(undefined, Buffer.from(statementText(statement)), key);
  return { key: id, signature: signature.toString('base64') };
}

/** Ids of those of the keys whose signature in such a document holds; sorted, none for no document. */
export function signersOf(text: string, keys: ReadonlyMap<KeyId, KeyObject>): readonly KeyId[] {
  const document = parseSignature(text);
  if (!document.ok) return [];
  const signed = Buffer.from(statementText(document.value.statement));
  return document.value.signatures
    .filter(({ key: id, signature }) => {
      const key = keys.get(id);
      return key !== undefined && isSignedBy(key, signed, signature);
    })
    .map(({ key }) => key);
}

function isSignedBy(key: KeyObject, signed: Uint8Array, signature: string): boolean {
  try {
    return verify(undefined, signed, key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}
