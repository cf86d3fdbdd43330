/**
 * supervisor's own parser, in a Python process of its own: what our rendering is compared with.
 *
 * Fails, rather than skips, where the Python module `supervisor` is missing: then nothing is proven.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createTempDir } from './tempDir.ts';

export type ProcessReading = Readonly<Record<string, unknown>>;

export type Reading =
  | { readonly error: string }
  | {
      /** Raw values by section and option. */
      readonly sections: Readonly<Record<string, Readonly<Record<string, string>>>>;
      readonly groups: readonly {
        readonly name: string;
        readonly priority: number;
        readonly processes: readonly ProcessReading[];
      }[];
    };

export interface SupervisorParser {
  /** Directory of the included file, what `%(here)s` becomes. */
  readonly here: string;
  /** Each text is read alone, as the only included file. */
  readonly read: (texts: readonly string[]) => Promise<readonly Reading[]>;
  readonly close: () => Promise<void>;
}

/** `env` is the whole environment of the parser, for `%(ENV_x)s`. */
export async function startSupervisorParser(
  env: Readonly<Record<string, string>>,
): Promise<SupervisorParser> {
  const python = findPython();
  const dir = await createTempDir('parser');
  const script = fileURLToPath(new URL('supervisorParser.py', import.meta.url));
  const child = spawn(python, [script, dir.path], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // One question at a time: answers carry no number.
  let last: Promise<unknown> = Promise.resolve();
  async function ask(texts: readonly string[]): Promise<readonly Reading[]> {
    child.stdin.write(`${JSON.stringify(texts)}\n`);
    const answer = await answers.next();
    if (answer.done === true) throw new Error(`supervisor's parser ended: ${complaints}`);
    return JSON.parse(answer.value) as readonly Reading[];
  }
  return {
    here: join(dir.path, 'conf.d'),
    read(texts) {
      const answer = last.then(() => ask(texts));
      last = answer.catch(() => undefined);
      return answer;
    },
    async close() {
      child.stdin.end();
      await exited;
      await dir.remove();
    },
  };
}

/** The Python of the installed supervisord, or whichever knows the module. */
function findPython(): string {
  const candidates = [shebangOfSupervisord(), '/usr/bin/python3', 'python3'];
  const tried = [...new Set(candidates.filter((each) => each !== undefined))];
  const python = tried.find(
    (each) =>
      spawnSync(each, ['-c', 'import supervisor.options'], { stdio: 'ignore' }).status === 0,
  );
  if (python !== undefined) return python;
  throw new Error(
    `None of ${tried.join(', ')} can import the Python module "supervisor" 4.2, so our reading of ` +
      'content cannot be compared with its own. Install it: apt-get install supervisor',
  );
}

function shebangOfSupervisord(): string | undefined {
  const script = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'supervisord'))
    .find((path) => existsSync(path));
  if (script === undefined) return undefined;
  const firstLine = readFileSync(script, 'utf8').split('\n', 1)[0] ?? '';
  return /^#!\s*(\/\S*python[\d.]*)\s*$/.exec(firstLine)?.[1];
}
