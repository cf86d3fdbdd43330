/** `supervene simulate` as a process: what it says, its exit codes, and what becomes of a bug. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InvariantName, invariants } from '../../../src/simulate/invariants.ts';
import { faultNames, faultTexts } from '../../../src/simulate/script/faults.ts';
import { type CommandOutcome, runSupervene } from '../../support/agent.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

const runTs = fileURLToPath(new URL('../../support/runTs.js', import.meta.url));
const bugged = fileURLToPath(new URL('../../support/children/simulateBug.ts', import.meta.url));
const timeoutMs = 180_000;

let temp: TempDir;
beforeAll(async () => {
  temp = await createTempDir('simulate');
});
afterAll(() => temp.remove());

const small = ['--hosts', '2', '--apps', '5', '--events', '300'];
const run = (...args: readonly string[]): Promise<CommandOutcome> =>
  runSupervene(['simulate', ...args]);

interface Document {
  readonly digest: string;
  readonly command: string;
  readonly violation: Readonly<Record<string, unknown>> | null;
  readonly shortest: {
    readonly command: string;
    readonly isRepeated: boolean;
    readonly violation: Readonly<Record<string, unknown>>;
    readonly actions: readonly { readonly number: number; readonly text: string }[];
  } | null;
}

describe('supervene simulate', () => {
  it('says first what it runs, and then what came of it', async () => {
    const { code, stdout, stderr } = await run('--seed', '3', ...small);
    expect(stdout).toMatch(
      /^supervene \S+: --seed 3 --hosts 2 --apps 5 --events 300 --faults all\n\d+ actions, /,
    );
    expect(stdout).toMatch(/checked: \d+ of the 31 invariants/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('draws a seed when none is given', async () => {
    const { stdout } = await run(
      '--hosts',
      '1',
      '--apps',
      '2',
      '--events',
      '50',
      '--faults',
      'none',
    );
    expect(stdout).toMatch(/^supervene \S+: --seed \d+ --hosts 1 .* --faults none\n/);
  });

  it('gives one document with --json, the same for the same seed, and the seed beforehand', async () => {
    const [first, second] = await Promise.all([
      run('--seed', '4', ...small, '--json'),
      run('--seed', '4', ...small, '--json'),
    ]);
    expect(first.stderr).toMatch(/^supervene \S+: --seed 4 /);
    expect(JSON.parse(first.stdout)).toMatchObject({
      ...{ seed: '4', hosts: 2, apps: 5, events: 300, faults: faultNames },
      command: 'supervene simulate --seed 4 --hosts 2 --apps 5 --events 300 --faults all',
      ...{ violation: null, shortest: null },
    });
    expect(second.stdout).toBe(first.stdout);
  });

  it.each([
    [['--faults', 'etcd-cut,disc-full'], 'did you mean disk-full?'],
    [['--faults', 'nonsense-of-mine'], 'there is no fault "nonsense-of-mine"'],
    [['--hosts', '0'], '--hosts is a whole number from 1 to 50, not "0"'],
    [['--events', '1e3'], '--events is a whole number'],
    [['--apps', '-1'], '--apps is a whole number'],
    [['--keep', '3,x'], '--keep: "x" is no number of an action'],
    [['--keep', '9-3'], '--keep: "9-3" is no number of an action'],
    [['--seed', 'a b'], '--seed is a short text'],
    [['--sed', '1'], 'Did you mean --seed?'],
    [['extra'], 'too many arguments'],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('tells every fault with --help', async () => {
    const { stdout } = await run('--help');
    for (const name of faultNames) expect(stdout).toContain(`${name} `);
    for (const text of Object.values(faultTexts)) expect(stdout).toContain(text);
  });

  it('performs only what is kept', async () => {
    const kept = await run('--seed', '3', ...small, '--keep', '2,4-5', '--json');
    const document = JSON.parse(kept.stdout) as Readonly<Record<string, unknown>>;
    expect(document).toMatchObject({ keep: [2, 4, 5], actions: 3, violation: null });
    const none = await run('--seed', '3', ...small, '--keep', 'none', '--json');
    expect(JSON.parse(none.stdout)).toMatchObject({ keep: [], actions: 0, violation: null });
  });

  it('leaves journals that replay verifies, into an empty directory only', async () => {
    const dir = join(temp.path, 'journals');
    const { code, stdout } = await run(
      '--seed',
      '5',
      ...small,
      '--events',
      '900',
      '--journal',
      dir,
    );
    expect(code).toBe(0);
    for (const host of ['web1', 'web2']) {
      expect(stdout).toContain(`supervene replay ${join(dir, host)}\n`);
      const verified = await runSupervene(['replay', join(dir, host), '--verify', '--json']);
      expect(verified.code).toBe(0);
      expect(JSON.parse(verified.stdout)).toMatchObject({ isEqual: true });
    }
    const again = await run('--seed', '5', ...small, '--journal', dir);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('is not empty');
    const file = join(temp.path, 'file');
    mkdirSync(temp.path, { recursive: true });
    writeFileSync(file, '');
    expect((await run('--seed', '5', ...small, '--journal', file)).code).toBe(2);
  });
});

describe('a bug in a simulated world', () => {
  it(
    'is shrunk to a short history, and the command shows it again',
    async () => {
      const dir = join(temp.path, 'lying');
      const options = ['--hosts', '2', '--apps', '4', '--events', '600', '--faults', 'power-cut'];
      const { code, stdout } = await runBug(
        'lyingDisk',
        '--seed',
        '1',
        ...options,
        '--journal',
        dir,
      );
      expect(code).toBe(1);
      const [, name = '', number = ''] =
        /\nviolated: (\w+) \(invariant (\d+)\)\n/.exec(stdout) ?? [];
      expect(stdout).toContain(`\n  ${invariants[name as InvariantName].sentence}\n`);
      expect(stdout).toMatch(
        /the shortest history found: \d actions?, .*none of them can be left out/,
      );
      expect(stdout).toMatch(/ {2}web\d {4}the power fails.*, back after \d/);
      const [, command = ''] = /\n {2}supervene simulate (.*)\n/.exec(stdout) ?? [];
      expect(command).toMatch(/^--seed 1 .* --faults power-cut --keep [\d,-]+$/);

      const repeated = await runBug('lyingDisk', ...command.split(' '), '--json');
      expect(repeated.code).toBe(1);
      const { violation, shortest } = JSON.parse(repeated.stdout) as Document;
      expect(violation).toMatchObject({ invariant: name, number: Number(number) });
      expect(shortest).toMatchObject({
        command: `supervene simulate ${command}`,
        isRepeated: true,
      });
      // Without the bug the same history is harmless.
      expect((await runBug('none', ...command.split(' '))).code).toBe(0);
    },
    timeoutMs,
  );

  it(
    'that crashes an agent is told like a violation, with the seed and the command',
    async () => {
      const options = ['--hosts', '1', '--apps', '3', '--events', '400', '--faults', 'power-cut'];
      const { code, stdout, stderr } = await runBug('crash', '--seed', '1', ...options, '--json');
      expect(code).toBe(1);
      expect(stderr).toMatch(/^supervene \S+: --seed 1 /);
      const { violation, shortest } = JSON.parse(stdout) as Document;
      expect(violation).toMatchObject({ invariant: 'NoCrash', number: null });
      expect(String(violation?.['detail'])).toContain('planted: nobody catches this');
      expect(shortest?.actions.length).toBe(1);
      expect(shortest?.isRepeated).toBe(true);
    },
    timeoutMs,
  );
});

function runBug(...args: readonly string[]): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const argv = ['--import', runTs, bugged, ...args];
    execFile(process.execPath, argv, { timeout: timeoutMs }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr });
    });
  });
}
