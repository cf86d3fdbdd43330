/**
 * Signatures of what is not shown: they would tell a guess that it is right. Who signed stands beside
 * them; hashes become those of the texts that are shown instead.
 */
import type { Leaf, LeafValue } from '../../domain/event.ts';
import { sha256 } from '../../domain/sha256.ts';
import { formatSignature, parseSignature, type Statement } from '../../domain/trust/statement.ts';
import type { Sha256 } from '../../domain/types.ts';
import type { Placeholders } from './placeholders.ts';

export function learnHash(text: LeafValue, shown: LeafValue, placeholders: Placeholders): void {
  if (text.type !== 'Text' || shown.type !== 'Text') return;
  placeholders.learnHash(sha256(text.text), sha256(shown.text));
}

export function redactSignature(leaf: Leaf, placeholders: Placeholders): Leaf {
  const { value } = leaf;
  if (value.type === 'Elsewhere' || value.type === 'TooLarge') return leaf;
  const document = value.type === 'Text' ? parseSignature(value.text) : undefined;
  if (document?.ok !== true) return { ...leaf, value: { type: 'Text', text: 'redacted' } };
  const statement = redactStatement(document.value.statement, placeholders);
  const signatures = document.value.signatures.map(({ key }) => ({ key, signature: noSignature }));
  return { ...leaf, value: { type: 'Text', text: formatSignature({ statement, signatures }) } };
}

/** Of 64 zero bytes. */
const noSignature = `${'A'.repeat(86)}==`;

function redactStatement(statement: Statement, { hash }: Placeholders): Statement {
  if (statement.action === 'unpublish') return statement;
  return {
    ...statement,
    ipsSha256: hash(statement.ipsSha256) as Sha256,
    contentSha256: hash(statement.contentSha256) as Sha256,
    ...(statement.rolloutSha256 === undefined
      ? {}
      : { rolloutSha256: hash(statement.rolloutSha256) as Sha256 }),
  };
}
