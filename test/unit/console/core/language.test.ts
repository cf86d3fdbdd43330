/** Every text of the page, of every view, in both languages. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fill, languages } from '../../../../src/console/page/core/language.ts';
import { findProjectRoot } from '../../../support/findProjectRoot.ts';

const page = join(findProjectRoot(), 'src/console/page');
const files = readdirSync(page, { recursive: true, encoding: 'utf8' })
  .filter((path) => /(?:^|\/)(?:\w+T|t)exts\.ts$/.test(path))
  // By code, each in both languages: they have a test of their own.
  .filter((path) => !path.startsWith('core/codeTexts/'))
  .sort();

const keysOf = (table: object = {}): readonly string[] => Object.keys(table).sort();
const placeholders = (text: string): readonly string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort();

describe('the texts of the page', () => {
  it('are found', () => {
    expect(files).toContain('frame/texts.ts');
  });

  it.each(files)(
    'are there in both languages, with the same places for values: %s',
    async (path) => {
      const module = (await import(pathToFileURL(join(page, path)).href)) as object;
      const tables = Object.values(module).filter(
        (one): one is Record<string, Record<string, string>> =>
          typeof one === 'object' && one !== null && 'en' in one && 'zh' in one,
      );
      expect(tables).not.toEqual([]);
      for (const table of tables) {
        expect(keysOf(table['zh'])).toEqual(keysOf(table['en']));
        for (const language of languages) {
          const empty = Object.entries(table[language] ?? {}).filter(
            ([, text]) => text.trim() === '',
          );
          expect(empty).toEqual([]);
        }
        for (const [key, text] of Object.entries(table['en'] ?? {})) {
          const other = table['zh']?.[key] ?? '';
          expect({ key, names: placeholders(other) }).toEqual({ key, names: placeholders(text) });
        }
      }
    },
  );
});

describe('fill', () => {
  it('puts values in their places, and leaves what has none', () => {
    expect(fill('{a} of {b}, {c}', { a: 1, b: '{a}' })).toBe('1 of {a}, {c}');
  });

  it('takes no value from what every object has', () => {
    expect(fill('{toString}')).toBe('{toString}');
  });
});
