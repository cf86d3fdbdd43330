/** The recorded journals in `test/golden`, and what every one of them is read with. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findJournal } from '../../src/journal/journalSources.ts';
import { type JournalItem } from '../../src/journal/journalItem.ts';
import { readJournal } from '../../src/journal/readJournal.ts';
import { findProjectRoot } from './findProjectRoot.ts';

export const goldenDir = join(findProjectRoot(), 'test/golden');

/** Names of the folders, sorted. */
export const goldenNames: readonly string[] = readdirSync(goldenDir, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** Throws when there is none. */
export async function openJournalAt(...paths: readonly string[]) {
  const found = await findJournal(paths);
  if (!found.ok) throw new Error(found.error);
  return found.value;
}

export async function itemsOf(...paths: readonly string[]): Promise<readonly JournalItem[]> {
  const items: JournalItem[] = [];
  for await (const item of readJournal(await openJournalAt(...paths))) items.push(item);
  return items;
}
