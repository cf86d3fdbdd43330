/**
 * Where the demo plays: one temporary folder that holds everything, and the promise that nothing is
 * left of it. Every process it starts, and theirs, carries the folder in its environment (TMPDIR),
 * so that what is still there afterwards can be found.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Stage {
  readonly dir: string;
  /** Called newest first when the stage is cleared. */
  onClear(stop: () => Promise<void>): void;
  /** Stops everything and removes the folder. What had to be ended by force, or stayed. */
  clear(): Promise<readonly string[]>;
}

export function createStage(): Stage {
  const dir = mkdtempSync(join(tmpdir(), 'supervene-demo-'));
  process.env['TMPDIR'] = dir;
  const remove = (): void => {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', remove);
  const stops: (() => Promise<void>)[] = [];
  return {
    dir,
    onClear: (stop) => void stops.push(stop),
    clear: async () => {
      const complaints: string[] = [];
      for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) {
        await stop().catch((error: unknown) => complaints.push(String(error)));
      }
      complaints.push(...(await endLeftovers(`TMPDIR=${dir}`)));
      remove();
      if (existsSync(dir)) complaints.push(`${dir} is still there`);
      return complaints;
    },
  };
}

/** Ends what is still there and says what it was; a process on its way out gets a moment. */
async function endLeftovers(mark: string): Promise<readonly string[]> {
  for (let attempt = 0; attempt < 20 && findProcesses(mark).length > 0; attempt += 1) {
    await sleep(50);
  }
  const left = findProcesses(mark);
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself meanwhile.
    }
  }
  return left.map(({ pid, command }) => `had to kill process ${String(pid)}: ${command}`);
}

interface Leftover {
  readonly pid: number;
  readonly command: string;
}

/** Of other processes than this one. Without /proc nothing can be found. */
function findProcesses(mark: string): readonly Leftover[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => readProc(pid, 'environ').split('\0').includes(mark))
    .map((pid) => ({
      pid: Number(pid),
      command: readProc(pid, 'cmdline').replaceAll('\0', ' ').trim(),
    }));
}

/** A zombie's files are empty, a stranger's unreadable: neither is ours to end. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
