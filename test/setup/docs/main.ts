/** `npm run docs`: writes the parts of docs/ that are made from the code anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { formatMarkdown } from './formatMarkdown.ts';
import { generatedParts, withPart } from './generatedParts.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
for (const part of generatedParts()) {
  const path = join(root, part.file);
  const before = readFileSync(path, 'utf8');
  const text = withPart(before, part);
  if (text === undefined) throw new Error(`${part.file} has no place for ${part.name}`);
  const after = await formatMarkdown(text);
  if (after !== before) writeFileSync(path, after);
  process.stdout.write(`${part.file}: ${after === before ? 'as it was' : 'written'}\n`);
}
