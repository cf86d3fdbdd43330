/**
 * Processes that are short of memory, or stand still all at once: control groups of version 1 (root).
 * A group goes with `remove()`, or with the end of this process.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { waitFor } from '../../support/waitFor.ts';

export interface ControlGroup {
  /** In front of a command, runs it and its children in the group. */
  readonly within: readonly string[];
  /** Of those that are in it now. */
  pids(): readonly number[];
  read(file: string): string;
  write(file: string, text: string): void;
  /** Kills whatever is still in it. */
  remove(): Promise<void>;
}

type Controller = 'memory' | 'freezer';

const rootOf = (controller: Controller): string => `/sys/fs/cgroup/${controller}`;

/** Undefined when such a group can be made here; otherwise the reason. */
export async function whyNoControlGroup(controller: Controller): Promise<string | undefined> {
  try {
    const group = createControlGroup(controller);
    await group.remove();
    return undefined;
  } catch (error) {
    return `a control group (${controller}) is not to be had here: ${String(error)}`;
  }
}

/** No more memory than this for all its processes together; more, and the kernel kills one. */
export function createMemoryGroup(limitBytes: number): ControlGroup {
  const group = createControlGroup('memory');
  group.write('memory.limit_in_bytes', String(limitBytes));
  return group;
}

/** See `freeze`. */
export function createFreezer(): ControlGroup {
  return createControlGroup('freezer');
}

/** Stops all that is in it between two instructions, without their knowing, until thawed. */
export async function freeze(freezer: ControlGroup): Promise<void> {
  freezer.write('freezer.state', 'FROZEN');
  await waitFor('the group to be frozen', () => freezer.read('freezer.state') === 'FROZEN');
}

export function thaw(freezer: ControlGroup): void {
  freezer.write('freezer.state', 'THAWED');
}

let count = 0;

function createControlGroup(controller: Controller): ControlGroup {
  const root = rootOf(controller);
  if (!existsSync(join(root, 'cgroup.procs'))) throw new Error(`${root} is not mounted`);
  count += 1;
  const path = join(root, `sv-${String(process.pid)}-${String(count)}`);
  mkdirSync(path);
  const read = (file: string): string => readFileSync(join(path, file), 'utf8').trim();
  const write = (file: string, text: string): void => {
    writeFileSync(join(path, file), text);
  };
  const pids = (): readonly number[] =>
    read('cgroup.procs')
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  const removeNow = (): void => {
    if (controller === 'freezer') write('freezer.state', 'THAWED');
    for (const pid of pids()) spawnSync('kill', ['-KILL', String(pid)]);
    rmdirSync(path);
  };
  process.once('exit', removeNow);
  return {
    within: ['sh', '-c', `echo $$ > ${path}/cgroup.procs && exec "$@"`, 'sh'],
    pids,
    read,
    write,
    remove: async () => {
      process.removeListener('exit', removeNow);
      // A killed process leaves its group a moment later.
      await waitFor('the group to be empty', () => {
        removeNow();
        return true;
      });
    },
  };
}
