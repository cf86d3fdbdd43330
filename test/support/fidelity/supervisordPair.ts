/**
 * A real supervisord and a model one, given the same files and the same calls, and what of them can
 * be compared: never times or pids, only what they have come to once nothing moves any more.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseCantReread } from '../../../src/domain/cantReread.ts';
import type { Result } from '../../../src/domain/result.ts';
import { createKernel, type Kernel } from '../../../src/simulate/kernel/kernel.ts';
import { createSupervisord } from '../../../src/simulate/model/supervisord.ts';
import type { Diff, Fault } from '../../../src/simulate/model/supervisordCalls.ts';
import type { ConfText } from '../../../src/simulate/model/supervisordConfig.ts';
import type { CommandFault, SupervisordHost } from '../../../src/simulate/model/supervisordHost.ts';
import type { SupervisordModel } from '../../../src/simulate/model/supervisordModel.ts';
import { type RunningUpdate, startUpdate } from '../../../src/simulate/model/supervisordUpdate.ts';
import { findProjectRoot } from '../findProjectRoot.ts';
import { signal } from '../managedPids.ts';
import { startSupervisord, type Supervisord, XmlRpcFault } from '../supervisord.ts';
import { waitFor } from '../waitFor.ts';

export const behave = path.join(findProjectRoot(), 'test/support/behave.sh');

/** A file of the conf directory: its text, or what stands there and cannot be read. */
export type ConfEntry = string | { readonly unreadable: 'Directory' | 'DanglingLink' };

export interface Pair {
  readonly real: Supervisord;
  readonly model: SupervisordModel;
  readonly kernel: Kernel;
  readonly put: (name: string, entry: ConfEntry | undefined) => void;
  /** Lets time pass for the model, with somebody polling. */
  readonly pass: (ms: number) => Promise<void>;
  readonly end: () => Promise<void>;
}

export async function startPair(confs: ReadonlyMap<string, string>): Promise<Pair> {
  const real = await startSupervisord({ confs: Object.fromEntries(confs) });
  const kernel = createKernel(1_700_000_000_000);
  const entries = new Map<string, ConfEntry>(confs);
  const main = { path: real.configPath, text: fs.readFileSync(real.configPath, 'utf8') };
  const model = createSupervisord({
    now: kernel.now,
    host: realHost(real.dir),
    readConfs: () => [main, ...included(real.confDir, entries)],
  });
  model.start();
  const pass = async (ms: number): Promise<void> => {
    const untilMs = kernel.now() + ms;
    while (kernel.now() < untilMs) {
      await kernel.run(Math.min(untilMs, kernel.now() + pollMs));
      model.advance(kernel.now());
      if (model.reachability() === 'Answers') model.calls.getAllProcessInfo();
    }
  };
  return {
    ...{ real, model, kernel, pass },
    put: (name, entry) => {
      if (entry === undefined) entries.delete(name);
      else entries.set(name, entry);
      putReal(path.join(real.confDir, name), entry);
    },
    end: () => real.stop(),
  };
}

const pollMs = 25;

function included(confDir: string, entries: ReadonlyMap<string, ConfEntry>): readonly ConfText[] {
  return [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, entry]) => ({
      path: path.join(confDir, name),
      text: typeof entry === 'string' ? entry : undefined,
    }));
}

function putReal(file: string, entry: ConfEntry | undefined): void {
  fs.rmSync(file, { recursive: true, force: true });
  if (entry === undefined) return;
  if (typeof entry === 'string') fs.writeFileSync(file, entry);
  else if (entry.unreadable === 'Directory') fs.mkdirSync(file);
  else fs.symlinkSync(`${file}.nowhere`, file);
}

function realHost(dir: string): SupervisordHost {
  const commandFault = (program: string): CommandFault | undefined => {
    const folders = program.includes('/') ? [''] : (process.env['PATH'] ?? '').split(':');
    const files = folders.map((folder) => (folder === '' ? program : `${folder}/${program}`));
    const file = files.find((each) => fs.existsSync(each));
    if (file === undefined) return 'NotFound';
    const stat = fs.statSync(file);
    if (stat.isDirectory()) return 'IsDirectory';
    return (stat.mode & 0o111) === 0 ? 'NotExecutable' : undefined;
  };
  return {
    uidOf: (user) =>
      new Map([
        ['root', 0],
        ['0', 0],
        ['nobody', 65_534],
      ]).get(user),
    hasDirectory: (folder) => fs.existsSync(path.resolve(dir, folder)),
    commandFault,
    environment: new Map(
      Object.entries({ ...process.env, SUPERVENE_TEST_DIR: dir }).map(([name, value]) => [
        name,
        value ?? '',
      ]),
    ),
    nodeName: os.hostname(),
  };
}

/** Of one side, all that is compared. */
export interface View {
  readonly processes: readonly string[];
}

interface RawProcess {
  readonly group: string;
  readonly name: string;
  readonly statename: string;
  readonly pid: number;
  readonly start: number;
  readonly stop: number;
  readonly exitstatus: number;
  readonly spawnerr: string;
}

/** Remembers pids, so as to tell a new child from the one before. */
export function createViews(pair: Pair) {
  const pids = { real: new Map<string, number>(), model: new Map<string, number>() };
  const line = (side: 'real' | 'model', process: RawProcess, keep: boolean): string => {
    const id = `${process.group}:${process.name}`;
    const before = pids[side].get(id);
    const child =
      process.pid === 0 ? 'no child' : process.pid === before ? 'same child' : 'new child';
    if (keep) pids[side].set(id, process.pid);
    const times = `${process.start > 0 ? 'started' : ''} ${process.stop > 0 ? 'ended' : ''}`;
    const end = `${String(process.exitstatus)} ${process.spawnerr}`;
    return `${id} ${process.statename}, ${child}, ${times}, ${end}`;
  };
  const view = (side: 'real' | 'model', processes: readonly RawProcess[], keep: boolean): View => ({
    processes: processes.map((process) => line(side, process, keep)).sort(),
  });
  const real = async (keep = false): Promise<View> =>
    view('real', (await pair.real.processes()) as unknown as readonly RawProcess[], keep);
  const model = (keep = false): View =>
    view(
      'model',
      pair.model.list().map(({ state, startSec, stopSec, exitStatus, spawnError, ...rest }) => ({
        ...rest,
        ...{ statename: state, start: startSec, stop: stopSec },
        ...{ exitstatus: exitStatus, spawnerr: spawnError },
      })),
      keep,
    );
  return { real, model };
}

/** Until the model has come to rest and the real one to the same; then again a little later. */
export async function settle(pair: Pair, views: ReturnType<typeof createViews>): Promise<void> {
  for (let round = 0; round < 60; round++) {
    const dueMs = pair.model.nextDueMs();
    if (dueMs === undefined || dueMs > pair.kernel.now() + 60_000) break;
    await pair.pass(1_000);
  }
  const wanted = JSON.stringify(views.model(), undefined, 1);
  let last = '';
  let matches = 0;
  await waitFor(
    'the real supervisord to be where the model is',
    async () => {
      last = JSON.stringify(await views.real(), undefined, 1);
      matches = last === wanted ? matches + 1 : 0;
      return matches > 3;
    },
    { intervalMs: pollMs },
  ).catch(() => {
    throw new Error(`they differ\nmodel: ${wanted}\nreal: ${last}`);
  });
  await untilDeaf(pair);
  views.model(true);
  await views.real(true);
}

/** A child that has not set its traps yet would just die. */
async function untilDeaf({ real }: Pair): Promise<void> {
  await waitFor('every trap to be set', async () => {
    const running = (await real.processes()).filter(({ pid }) => pid !== 0);
    return running.every(({ pid }) => {
      const command = readProc(pid, 'cmdline');
      // Before its exec a child is a copy of supervisord.
      if (command.includes('supervisord')) return false;
      if (!/\0stop=(?!0\0)/.test(command)) return true;
      const masks = readProc(pid, 'status').matchAll(/^Sig(?:Ign|Cgt):\t(\w+)$/gm);
      return [...masks].some(([, mask]) => (BigInt(`0x${mask ?? '0'}`) & (1n << 14n)) !== 0n);
    });
  });
}

function readProc(pid: number, file: string): string {
  try {
    return fs.readFileSync(`/proc/${String(pid)}/${file}`, 'utf8');
  } catch {
    return 'gone: \0stop=0\0';
  }
}

/** What a call came to: its value, or code and text of the fault. */
export async function realCall(work: Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await work);
  } catch (error) {
    if (!(error instanceof XmlRpcFault)) throw error;
    return faultText(error.code, error.message.replace(/^fault \d+: /, ''));
  }
}

export function modelCall(reply: Result<unknown, Fault>): string {
  return reply.ok
    ? JSON.stringify(reply.value)
    : faultText(reply.error.faultCode, reply.error.text);
}

export function asLists(reply: Result<Diff, Fault>): string {
  if (!reply.ok) return modelCall(reply);
  const { added, changed, removed } = reply.value;
  return JSON.stringify([[added, changed, removed]]);
}

/** Of a refusal what the agent reads; names of variables depend on the place. */
function faultText(code: number, text: string): string {
  if (code !== 92) return `${String(code)} ${text}`;
  return `92 ${JSON.stringify(parseCantReread(text))}`;
}

/** The words of `supervisorctl update`, without places in its source, in an order of their own. */
export function ctlText(code: number | null, stdout: string): string {
  const text = stdout
    .replace(/: file: \S+ line: \d+$/gm, '')
    .replace(/ Available names: .*?(?= in section|'>|">|$)/gms, ' Available names.');
  const lines = text.split('\n');
  const unknown = lines.filter((line) => line.startsWith('ERROR: no such group')).sort();
  const rest = lines.filter((line) => !line.startsWith('ERROR: no such group'));
  return [`exit ${String(code)}`, ...unknown, ...rest].join('\n');
}

export interface RunningPair {
  readonly real: ChildProcess;
  readonly realEnd: Promise<string>;
  readonly model: RunningUpdate;
  readonly modelEnd: () => string | undefined;
}

/** `supervisorctl update` on both sides. */
export function startBoth(pair: Pair, names: readonly string[]): RunningPair {
  const real = spawn('supervisorctl', ['-c', pair.real.configPath, 'update', ...names]);
  let stdout = '';
  real.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  const realEnd = new Promise<string>((resolve) => {
    real.on('close', (code) => resolve(ctlText(code, stdout)));
  });
  let end: string | undefined;
  const scheduler = pair.kernel.schedulerFor(() => false);
  const { model } = pair;
  const deps = { model, scheduler, startUpMs: () => 150, callMs: () => 1, by: 'ctl' };
  const running = startUpdate(deps, names, ({ code, stdout: text }) => {
    end = ctlText(code, text);
  });
  return { real, realEnd, model: running, modelEnd: () => end };
}

/** `kill -9` of the child of a process. */
export async function killReal(pair: Pair, id: string): Promise<boolean> {
  const found = (await pair.real.processes()).find((each) => `${each.group}:${each.name}` === id);
  return found !== undefined && found.pid !== 0 && signal(found.pid, 'SIGKILL');
}
