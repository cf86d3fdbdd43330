/**
 * A copy of the checkout in a temporary folder, in which bugs are planted and taken out again: the
 * sources, for the tests, and beside them in `out` the same as JavaScript, so that a simulation begins
 * at once.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import ts from 'typescript';
import type { Change, Mutant } from './mutant.ts';

export interface Scratch {
  readonly dir: string;
  /** Throws when a change does not fit exactly once, or is no TypeScript any more. */
  readonly plant: (mutant: Pick<Mutant, 'changes'>) => void;
  /** Back to the checkout as it was copied. */
  readonly restore: () => void;
  readonly remove: () => void;
}

const folders = ['src', 'streams', 'reducers', 'effects', 'test'];
const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'README.md'];

export function createScratch(root: string): Scratch {
  // The real path: a module that is reached by two paths would be loaded twice.
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'sv-mutants-')));
  for (const name of [...folders, ...files]) {
    cpSync(join(root, name), join(dir, name), { recursive: true });
  }
  const remove = (): void => rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', remove);
  // Linked one by one, so that caches kept beside them are the copy's own.
  mkdirSync(join(dir, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name === '.vite') continue;
    symlinkSync(join(root, 'node_modules', name), join(dir, 'node_modules', name));
  }
  cpSync(join(root, 'package.json'), join(dir, 'out', 'package.json'));
  const put = (file: string, text: string): void => {
    const script = scriptOf(file, text);
    writeFileSync(join(dir, file), text);
    const path = join(dir, 'out', file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, script);
  };
  for (const file of simulated(dir)) put(file, readFileSync(join(dir, file), 'utf8'));
  const originals = new Map<string, string>();
  return {
    dir,
    plant: ({ changes }) => {
      const texts = new Map<string, string>();
      for (const change of changes) {
        const { file } = change;
        const before = texts.get(file) ?? readFileSync(join(dir, file), 'utf8');
        if (!originals.has(file)) originals.set(file, before);
        texts.set(file, changed(before, change));
      }
      for (const [file, text] of texts) put(file, text);
    },
    restore: () => {
      for (const [file, text] of originals) put(file, text);
      originals.clear();
    },
    remove: () => {
      process.off('exit', remove);
      remove();
    },
  };
}

/** Throws unless `from` stands there exactly once: the code has moved on, the mutant has not. */
export function changed(text: string, { file, from, to }: Change): string {
  const parts = text.split(from);
  if (parts.length !== 2) {
    const times = String(parts.length - 1);
    throw new Error(`${file} has this ${times} times, not once: ${JSON.stringify(from)}`);
  }
  return parts.join(to);
}

/** All that a simulation may load. */
function simulated(dir: string): readonly string[] {
  return [...folders.filter((name) => name !== 'test'), 'test/mutants'].flatMap((folder) =>
    readdirSync(join(dir, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => join(folder, name)),
  );
}

/** Types are not looked at: a compiler that complains is no test. Throws for what is no TypeScript. */
function scriptOf(file: string, text: string): string {
  const { diagnostics, outputText } = ts.transpileModule(text, {
    reportDiagnostics: true,
    fileName: file,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  const [first] = diagnostics ?? [];
  if (first === undefined) return outputText;
  throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(first.messageText, ' ')}`);
}
