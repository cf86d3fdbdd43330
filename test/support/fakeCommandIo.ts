/** Everything a command may touch, made by hand: what it wrote can be read afterwards. */
import { type CommandIo } from '../../src/commands/commandIo.ts';
import { runCli } from '../../src/commands/runCli.ts';
import { err, ok } from '../../src/domain/result.ts';

export interface FakeIo {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** By path; `-` is standard input. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly hasColours?: boolean;
  readonly onEnd?: CommandIo['onEnd'];
}

export interface CliOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One run of the command line in this process, version 1.2.3. */
export async function runCliHere(argv: readonly string[], fake: FakeIo = {}): Promise<CliOutcome> {
  let [stdout, stderr] = ['', ''];
  const files = new Map(Object.entries(fake.files ?? {}));
  const io: CommandIo = {
    env: fake.env ?? {},
    workingDir: '/cwd',
    hostName: 'web1',
    outHasColours: fake.hasColours ?? false,
    errorHasColours: fake.hasColours ?? false,
    isErrorTerminal: false,
    ...(fake.onEnd === undefined ? {} : { onEnd: fake.onEnd }),
    writeOut: (text) => {
      stdout += text;
    },
    writeError: (text) => {
      stderr += text;
    },
    readText: (path) => {
      const found = files.get(path);
      return ok(found === undefined ? undefined : Buffer.from(found).toString('utf8'));
    },
    readInput: (path, maxBytes) => {
      const found = files.get(path);
      if (found === undefined) return Promise.resolve(err(`cannot read ${path}: no such file`));
      return Promise.resolve(ok(Buffer.from(found).subarray(0, maxBytes + 1)));
    },
  };
  const code = await runCli(argv, '1.2.3', io);
  return { code, stdout, stderr };
}
