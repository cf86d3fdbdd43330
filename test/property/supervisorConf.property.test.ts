/** Our lenient reading of configuration files against Python's own, in one child process. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  environmentNames,
  expand,
  matchesGlob,
  readConfSections,
} from '../../src/domain/supervisorConf.ts';
import { fcParams } from '../support/seed.ts';

const python = `
import sys, io, json, fnmatch, configparser
def read(text):
    p = configparser.RawConfigParser(inline_comment_prefixes=(';', '#'), strict=False)
    try: p.read_file(io.StringIO(text, newline=None))
    except configparser.Error: return None
    return [[s, sorted(p._sections[s].items())] for s in p._sections]
job = json.load(sys.stdin)
json.dump({'read': [read(t) for t in job['texts']],
           'match': [fnmatch.fnmatchcase(n, p) for p, n in job['globs']]}, sys.stdout)
`;
const piece = fc.constantFrom(
  ...[
    '[program:web]',
    '[group:a]x]y',
    '[include]',
    '[]',
    'files',
    ' = ',
    '=',
    ':',
    'a',
    'KEY',
    '\n',
  ],
  ...['\n', '\n', '\r\n', '\r', '\t', ' ', '  ', ';', '#', ' ; c', '%', '"', 'é', '\u0085', '\x1c'],
);
// Found by earlier runs: an empty first line, and the order in which Python looks for comments.
const pastFailures = [
  '[include]"\r% = \r\x1c[include]\r',
  '[a]\nk =\n  v\n',
  '[a]\nk = v;w ;x # y\n',
];
const texts = [
  ...pastFailures,
  ...fc.sample(fc.array(piece, { maxLength: 25 }), fcParams(1500)).map((a) => a.join('')),
];
const globPiece = fc.constantFrom(
  '*',
  '?',
  '[',
  ']',
  '!',
  '-',
  'a',
  'b',
  '.',
  '^',
  '\\',
  '+',
  'conf',
);
const pastGlobs: (readonly [string, string])[] = [
  ['[!?-+*]', '['],
  ['[conf-.^]*', 'conf^.b'],
];
const newGlobs = fc
  .sample(
    fc.tuple(
      fc.array(globPiece, { maxLength: 8 }),
      fc.array(fc.constantFrom('a', 'b', '.', '[', ']', '^', '-', '!', 'conf'), { maxLength: 6 }),
    ),
    fcParams(3000),
  )
  .map(([pattern, name]) => [pattern.join(''), name.join('')] as const)
  .filter(([, name]) => !name.startsWith('.'));
const globs = [...pastGlobs, ...newGlobs];
const answer = JSON.parse(
  execFileSync('python3', ['-c', python], { input: JSON.stringify({ texts, globs }) }).toString(),
) as { read: ([string, [string, string][]][] | null)[]; match: boolean[] };

describe('safety: what supervisord reads is what we read', () => {
  it('finds the sections and options that Python finds', () => {
    let readable = 0;
    for (const [index, text] of texts.entries()) {
      const expected = answer.read[index];
      // Python refused the text, and so would supervisord: nothing of it takes effect.
      if (expected === null || expected === undefined) continue;
      readable += 1;
      const sections = readConfSections(text).filter(({ name }) => name !== 'DEFAULT');
      const found = sections.map(({ name, options }) => [name, [...options].sort(byKey)]);
      expect({ text, found }).toEqual({ text, found: expected });
    }
    expect(readable).toBeGreaterThan(50);
  });

  it('matches the names that Python matches', () => {
    for (const [index, [pattern, name]] of globs.entries()) {
      expect({ pattern, name, is: matchesGlob(pattern, name) }).toEqual({
        pattern,
        name,
        is: answer.match[index],
      });
    }
  });
});

describe('expand', () => {
  it('replaces what is known and gives up on the rest', () => {
    const values = new Map([['here', '/etc']]);
    expect(expand('%(here)s/x%%y', values)).toBe('/etc/x%y');
    expect(expand('%(ENV_X)s', values)).toBeUndefined();
    expect(expand('50%', values)).toBeUndefined();
    expect(expand('%(here)d', values)).toBeUndefined();
  });
});

describe('environmentNames', () => {
  it('reads the names that [supervisord] sets', () => {
    const text = '[supervisord]\nenvironment=A="1,B=2",C=\'x\', D=4\n  ,E_1=%(ENV_HOME)s/x\n';
    expect(environmentNames(readConfSections(text))).toEqual(['A', 'C', 'D', 'E_1']);
  });
});

function byKey(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : 1;
}
