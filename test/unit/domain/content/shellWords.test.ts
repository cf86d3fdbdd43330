/** Expected values are those of Python's `shlex`, tried by hand. */
import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../../../src/domain/content/environment.ts';
import { splitCommand, splitEnvironment } from '../../../../src/domain/content/shellWords.ts';

describe('splitCommand', () => {
  it.each([
    ['a  b\tc\nd', ['a', 'b', 'c', 'd']],
    [`'a b' "c d"`, ['a b', 'c d']],
    [`a'b c'd`, ['ab cd']],
    [`'' ""`, ['', '']],
    [`"a\\"b" "\\\\" "\\n" '\\n'`, ['a"b', '\\', '\\n', '\\n']],
    ['a\\ b \\"', ['a b', '"']],
    ['# no comment', ['#', 'no', 'comment']],
    ['\u00a0', ['\u00a0']],
    ['', []],
  ])('cuts %j into %j', (command, words) => {
    expect(splitCommand(command)).toEqual({ ok: true, value: words });
  });

  it.each([
    ["it's", 'NoClosingQuotation'],
    ['"a\\"', 'NoClosingQuotation'],
    ['a \\', 'NoEscapedCharacter'],
  ])('refuses %j: %s', (command, error) => {
    expect(splitCommand(command)).toEqual({ ok: false, error });
  });
});

describe('splitEnvironment', () => {
  it.each([
    ['A=1,B=2', ['A', '=', '1', ',', 'B', '=', '2']],
    ['A="x, y"z', ['A', '=', '"x, y"', 'z']],
    [`A=b"c d"`, ['A', '=', 'b"c', 'd"']],
    ['A=/bin:x.y-z+(1)', ['A', '=', '/bin:x.y-z+(1)']],
    ['A=é', ['A', '=', 'é']],
    ['A=1 # c\n,B=2', ['A', '=', '1', ',', 'B', '=', '2']],
    ['A=b#c\nd', ['A', '=', 'bd']],
    ['A=b\\', ['A', '=', 'b', '\\']],
    ['A=😀', ['A', '=', '😀']],
  ])('cuts %j into %j', (text, tokens) => {
    expect(splitEnvironment(text)).toEqual({ ok: true, value: tokens });
  });
});

describe('parseEnvironment', () => {
  it('strips every quotation mark around a value, as supervisor does', () => {
    const parsed = parseEnvironment(`A="'x'",B='"',C="a"`);
    expect(parsed.ok && [...parsed.value.pairs]).toEqual([
      ['A', 'x'],
      ['B', ''],
      ['C', 'a'],
    ]);
  });

  it('notices what supervisor drops between two pairs', () => {
    expect(parseEnvironment('A=1,B=2')).toMatchObject({ value: { hasDropped: false } });
    expect(parseEnvironment('A=1;B=2')).toMatchObject({ value: { hasDropped: true } });
  });
});
