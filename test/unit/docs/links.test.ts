/** Every page of docs/ is reached from the README, what is linked is there, and what is typed works. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { definitions } from '../../../src/commands/definitions.ts';
import { allSettings } from '../../../src/settings/schema.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';

const root = findProjectRoot();
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

interface Link {
  readonly page: string;
  /** From the project's root. */
  readonly path: string;
  readonly anchor: string | undefined;
}

function linksOf(page: string): readonly Link[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { page, path: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    });
}

/** As GitHub makes them. */
function anchorsOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const links = pages.flatMap(linksOf);

describe('the README and docs', () => {
  it('link only to what is there', () => {
    expect(links.filter(({ path }) => !existsSync(join(root, path)))).toEqual([]);
    const within = links.filter(({ path, anchor }) => anchor !== undefined && path.endsWith('.md'));
    expect(within.filter(({ path, anchor = '' }) => !anchorsOf(path).includes(anchor))).toEqual([]);
  });

  it('are all to be reached from the README', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const link of links)
        if (link.page === page && pages.includes(link.path)) reached.add(link.path);
    }
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });

  it('call commands that are there, with flags that they take', () => {
    const wrong = pages.flatMap((page) =>
      callsOf(page).flatMap(([call, name = '', rest = '']) => {
        const known = flagsOf(name);
        const flags = [...rest.matchAll(/(?<=\s)--?[a-z][a-z-]*/g)].map(([flag]) => flag);
        const bad = flags.filter((flag) => known?.includes(flag) === false);
        return known === undefined || bad.length > 0 ? [`${page}: ${call.trim()}`] : [];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('call scripts of npm that are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const wrong = pages.flatMap((page) =>
      [...readFileSync(join(root, page), 'utf8').matchAll(/npm run ([a-z:]+)/g)]
        .filter(([, name = '']) => !(name in scripts))
        .map(([call]) => `${page}: ${call}`),
    );
    expect(wrong).toEqual([]);
  });
});

/** What begins with `supervene COMMAND`, in blocks and spans of code. */
function callsOf(page: string): readonly RegExpMatchArray[] {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = [...text.matchAll(/^```.*\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  const spans = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`]+)`/g)].map(
    ([, span = '']) => span.replaceAll('\n', ' '),
  );
  // The first line of what is signed, in docs/signing.md.
  const code = [...blocks, ...spans].join('\n').replaceAll(/\\\n|supervene signature v1/g, ' ');
  return [...code.matchAll(/(?:^|[$#(] ?|&& |\| )supervene ([a-z]+)\b([^\n|#;]*)/gm)];
}

/** Undefined where there is no such command. */
function flagsOf(name: string): readonly string[] | undefined {
  const definition = definitions.find((each) => each.name === name);
  if (definition === undefined) return undefined;
  const own = definition.options.flatMap(
    ([flags]) => flags.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? [],
  );
  const settings = allSettings
    .filter(({ scope }) => definition.scopes.includes(scope))
    .map(({ flag }) => flag);
  return [...own, ...settings, '--config', '--help', '-h', '--program-default'];
}
