/** The signature of an app for people: what it says, and by whom, as far as the keys are known here. */
import { signersOf } from '../clients/ed25519.ts';
import { readTrustDir } from '../clients/trustKeys.ts';
import type { DesiredEntry } from '../domain/event.ts';
import { sha256 } from '../domain/sha256.ts';
import {
  formatSignature,
  parseSignature,
  type SignatureDocument,
  statementText,
} from '../domain/trust/statement.ts';
import { isStatementOf } from './signing.ts';
import { visible } from './textTable.ts';

export interface SignatureReport {
  /** Null when it can be read. */
  readonly fault: string | null;
  readonly action: string | null;
  readonly version: string | null;
  readonly expires: string | null;
  /** It is for this app, and for what stands in its keys. */
  readonly isOfThis: boolean;
  /** SHA-256 of what is signed. */
  readonly statement: string | null;
  readonly signers: readonly Signer[];
}

interface Signer {
  readonly key: string;
  /** Null for a key that is not known here. */
  readonly name: string | null;
  /** The signature holds; null for a key that is not known here. */
  readonly isValid: boolean | null;
}

/** Null when there is none. */
export async function describeSignature(
  entry: DesiredEntry,
  trustDir: string,
): Promise<SignatureReport | null> {
  const { signature } = entry;
  if (signature === undefined) return null;
  const text = signature.value.type === 'Text' ? signature.value.text : '';
  const document = parseSignature(text);
  if (!document.ok) {
    const fault = `the signature ${document.error}`;
    return { ...nothing, fault };
  }
  const { action, version, expires } = document.value.statement;
  return {
    ...{ fault: null, action, version, expires: expires ?? null },
    isOfThis: isOfThis(entry, document.value),
    statement: sha256(statementText(document.value.statement)),
    signers: await signersIn(document.value, trustDir),
  };
}

const nothing = {
  ...{ action: null, version: null, expires: null, statement: null },
  ...{ isOfThis: false, signers: [] },
};

function isOfThis(entry: DesiredEntry, { statement }: SignatureDocument): boolean {
  if (statement.action === 'publish') return isStatementOf(entry, statement);
  const { app, ips, content } = entry;
  return statement.app === app && ips === undefined && content === undefined;
}

async function signersIn(
  document: SignatureDocument,
  trustDir: string,
): Promise<readonly Signer[]> {
  const read = await readTrustDir(trustDir);
  const trusted = read.ok ? read.value : [];
  const valid = signersOf(
    formatSignature(document),
    new Map(trusted.map(({ id, key }) => [id, key])),
  );
  return document.signatures.map(({ key }) => {
    const name = trusted.find(({ id }) => id === key)?.name ?? null;
    return { key, name, isValid: name === null ? null : valid.includes(key) };
  });
}

export function signatureText(report: SignatureReport): string {
  const { fault, action, version, expires, isOfThis, signers } = report;
  if (fault !== null) return visible(fault);
  const what = action === 'unpublish' ? 'removal, ' : '';
  const until = expires === null ? '' : `, expires ${expires}`;
  const match = isOfThis ? '' : '; not of what stands here';
  return `${what}version ${version ?? ''}${until}, by ${signers.map(signerText).join(', ')}${match}`;
}

function signerText({ key, name, isValid }: Signer): string {
  if (name === null) return `${key} (not known here)`;
  return isValid === true ? visible(name) : `${visible(name)} (does not hold)`;
}
