/** Commands run to their end, with what they printed. */
import { execFile } from 'node:child_process';
import process from 'node:process';

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** Whatever the status is; 127 when it could not be started or was ended by a signal. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env, input, timeoutMs = 60_000 }: RunOptions = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      args,
      {
        ...(cwd === undefined ? {} : { cwd }),
        env: { ...process.env, ...env },
        timeout: timeoutMs,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
        resolve({ status, stdout, stderr });
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** What it printed, without white space around; throws when it failed, with both outputs. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, options);
  if (status === 0) return stdout.trim();
  const said = `${stdout}${stderr}`.slice(-8_000);
  throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${said}`);
}
