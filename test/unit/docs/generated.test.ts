/** What docs/ says of settings and commands is what the code says: `npm run docs` writes it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { definitions } from '../../../src/commands/definitions.ts';
import { ok } from '../../../src/domain/result.ts';
import { readSettings } from '../../../src/settings/readSettings.ts';
import { allSettings } from '../../../src/settings/schema.ts';
import { formatMarkdown } from '../../setup/docs/formatMarkdown.ts';
import { generatedParts, withPart } from '../../setup/docs/generatedParts.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';

const root = findProjectRoot();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the parts of docs that are made from the code', () => {
  it.each(generatedParts())('$file is as npm run docs would write it', async (part) => {
    const text = read(part.file);
    expect(text).toBe(await formatMarkdown(withPart(text, part) ?? `no place for ${part.name}`));
  });

  it('name each setting with its flag, variable and default', () => {
    const rows = read('docs/settings.md').split('\n');
    for (const { key, flag, env, fallbackText } of allSettings) {
      const row = rows.find((line) => line.startsWith(`| \`${key}\``)) ?? '';
      for (const text of [`\`${flag}`, `\`${env}\``, fallbackText])
        expect(row, key).toContain(text);
    }
  });
});

describe('docs/settings.md', () => {
  it('has an example of supervene.toml that is accepted', () => {
    const file = /```toml\n([\s\S]*?)```/.exec(read('docs/settings.md'))?.[1];
    expect(file).toContain('[etcd]');
    const settings = readSettings({
      flags: new Map(),
      env: {},
      readText: () => ok(file),
      workingDir: '/',
      hostName: 'h',
      isTerminal: false,
    });
    expect(settings).toMatchObject({ ok: true, value: { host: { id: 'web1-01' } } });
  });
});

describe('the table of docs/commands.md', () => {
  const [overview = ''] = read('docs/commands.md').split('## Each command');
  const cells = [...overview.matchAll(/^\| (`.*?) +\|/gm)].map(([, cell = '']) => cell);
  const named = cells.flatMap((cell) =>
    [...cell.matchAll(/`([a-z]+)[^`]*`/g)].map(([, name = '']) => name),
  );

  it('has a row for every command', () => {
    expect(definitions.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([]);
  });

  it('names no flag that its command does not have', () => {
    const flags = definitions.flatMap(({ options }) => options.map(([flag]) => flag)).join(' ');
    for (const [flag] of overview.matchAll(/--[a-z][a-z-]+/g)) {
      expect(`${flags} --help --json`).toContain(flag);
    }
  });
});
