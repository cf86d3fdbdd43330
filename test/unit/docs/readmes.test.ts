/** README.zh-CN.md is the README in Chinese: the same parts, the same commands, the same ways on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProjectRoot } from '../../support/findProjectRoot.ts';

const read = (name: string): string => readFileSync(join(findProjectRoot(), name), 'utf8');
const english = read('README.md');
const chinese = read('README.zh-CN.md');

const block = /^```.*\n[\s\S]*?^```$/gm;
const blocksOf = (text: string): readonly string[] => text.match(block) ?? [];
/** Level by level, in order. */
const headingsOf = (text: string): readonly number[] =>
  [...text.replaceAll(block, '').matchAll(/^(#+) /gm)].map(([, signs = '']) => signs.length);
/** In order; each to the other README aside. */
const linksOf = (text: string): readonly string[] =>
  [...text.replaceAll(block, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !target.startsWith('README'));
const namesOf = (text: string): readonly string[] => [
  ...new Set(text.replaceAll(block, '').match(/`[^`]+`/g)),
];
const rowsOf = (text: string): number => text.match(/^\| /gm)?.length ?? 0;

describe('README.zh-CN.md', () => {
  it('has the headings of the README, level by level', () => {
    expect(headingsOf(english).length).toBeGreaterThan(3);
    expect(headingsOf(chinese)).toEqual(headingsOf(english));
  });

  it('has the same blocks of code', () => {
    expect(blocksOf(english).length).toBeGreaterThan(1);
    expect(blocksOf(chinese)).toEqual(blocksOf(english));
  });

  it('names the same commands', () => {
    for (const name of namesOf(english)) expect(chinese).toContain(name);
  });

  it('leads to the same pages and pictures, in the same order', () => {
    expect(linksOf(english).length).toBeGreaterThan(15);
    expect(linksOf(chinese)).toEqual(linksOf(english));
    expect(rowsOf(chinese)).toBe(rowsOf(english));
  });

  it('is in Chinese, row by row, and the two lead to each other', () => {
    const cells = [...chinese.matchAll(/^\| ([^|]+?) +\|/gm)].map(([, cell = '']) => cell);
    expect(cells.filter((cell) => !/\p{Script=Han}|^-+$/u.test(cell))).toEqual([]);
    expect(english).toContain('](README.zh-CN.md)');
    expect(chinese).toContain('](README.md)');
  });
});
