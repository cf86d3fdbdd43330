/**
 * Sees what happens without asking supervisord: any call wakes its loop and makes it faster than it
 * is. Three things are seen, each with the time in milliseconds since the epoch:
 * - a file is in place: inotify on the conf directory, then the text is read for the version;
 * - a program has started: its first act is a line into a named pipe (`child`, below);
 * - it is RUNNING: supervisord's own log says so, in the millisecond it decided it.
 */
import { execFileSync } from 'node:child_process';
import {
  constants,
  openSync,
  readFileSync,
  readSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';

export interface Witness {
  /** The body of a program that is seen; `padBytes` of comment make it longer. */
  content(app: string, version: string, padBytes?: number): string;
  fileAt(app: string, version: string): Promise<number>;
  /** The process of this version is RUNNING for supervisord. */
  runningAt(app: string, version: string): Promise<number>;
  /** How often this app was started so far. */
  starts(app: string): number;
  close(): void;
}

const timeoutMs = 120_000;

/** Fractions of a millisecond included; comparable with the clock of other processes. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

export function createWitness(paths: {
  readonly dir: string;
  readonly confDir: string;
  readonly logPath: string;
}): Witness {
  const sightings = createSightings();
  const startsByApp = new Map<string, number>();
  const child = writeChild(paths.dir);

  const pipe = readPipe(child.pipePath, (line) => {
    const [app = '', version = '', pid = ''] = line.split(' ');
    startsByApp.set(app, (startsByApp.get(app) ?? 0) + 1);
    sightings.add(`started ${app} ${version}`, nowMs(), pid);
  });
  const pidByApp = new Map<string, string>();
  const log = followLog(paths.logPath, (line) => {
    const spawned = /spawned: '([^']+)' with pid (\d+)/.exec(line);
    if (spawned !== null) pidByApp.set(spawned[1] ?? '', spawned[2] ?? '');
    const running = /success: (\S+) entered RUNNING/.exec(line)?.[1];
    if (running !== undefined) {
      sightings.add(`running ${running} ${pidByApp.get(running) ?? ''}`, parseLogTime(line), '');
    }
  });
  const files = watch(paths.confDir, (_, name) => {
    const app = /^(.+)\.supervene\.conf$/.exec(name ?? '')?.[1];
    if (app === undefined) return;
    const atMs = nowMs();
    const version = readVersion(join(paths.confDir, name ?? ''), app);
    if (version !== undefined) sightings.add(`file ${app} ${version}`, atMs, '');
  });
  return {
    content: (app, version, padBytes = 0) =>
      `${padding(padBytes)}command=${child.path} ${app} ${version}\nstartsecs=0\n`,
    fileAt: async (app, version) => (await sightings.get(`file ${app} ${version}`)).atMs,
    runningAt: async (app, version) => {
      const { detail: pid } = await sightings.get(`started ${app} ${version}`);
      return (await sightings.get(`running ${app} ${pid}`)).atMs;
    },
    starts: (app) => startsByApp.get(app) ?? 0,
    close: () => {
      pipe();
      log();
      files.close();
    },
  };
}

interface Sighting {
  readonly atMs: number;
  readonly detail: string;
}

/** The first sighting of each thing, now or when it comes. */
function createSightings() {
  const seen = new Map<string, Sighting>();
  const waiting = new Map<string, (sighting: Sighting) => void>();
  return {
    add: (what: string, atMs: number, detail: string): void => {
      if (seen.has(what)) return;
      seen.set(what, { atMs, detail });
      waiting.get(what)?.({ atMs, detail });
    },
    get: (what: string): Promise<Sighting> =>
      new Promise((resolve, reject) => {
        const sighting = seen.get(what);
        if (sighting !== undefined) {
          resolve(sighting);
          return;
        }
        const timer = setTimeout(() => {
          reject(new Error(`not seen within ${String(timeoutMs / 1000)} s: ${what}`));
        }, timeoutMs);
        waiting.set(what, (found) => {
          clearTimeout(timer);
          resolve(found);
        });
      }),
  };
}

/** A program that costs nothing: a shell that reports, and becomes `sleep` under the same pid. */
function writeChild(dir: string): { readonly path: string; readonly pipePath: string } {
  const path = join(dir, 'child');
  const pipePath = join(dir, 'started');
  execFileSync('mkfifo', [pipePath]);
  writeFileSync(path, `#!/bin/sh\necho "$1 $2 $$" >${pipePath}\nexec sleep 2147483647\n`, {
    mode: 0o755,
  });
  return { path, pipePath };
}

function readPipe(path: string, onLine: (line: string) => void): () => void {
  // Read and write: the pipe then never ends, however often its writers come and go.
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  let rest = '';
  socket.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  return () => void socket.destroy();
}

function followLog(path: string, onLine: (line: string) => void): () => void {
  const fd = openSync(path, 'r');
  let position = statSync(path).size;
  let rest = '';
  const buffer = Buffer.alloc(64 * 1024);
  const watcher = watch(path, () => {
    for (;;) {
      const length = readSync(fd, buffer, 0, buffer.length, position);
      if (length === 0) return;
      position += length;
      const lines = (rest + buffer.toString('utf8', 0, length)).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(onLine);
    }
  });
  return () => {
    watcher.close();
  };
}

/** `2026-11-22 14:58:01,234 INFO …`, local time. */
function parseLogTime(line: string): number {
  return new Date(line.slice(0, 23).replace(',', '.').replace(' ', 'T')).getTime();
}

function readVersion(path: string, app: string): string | undefined {
  try {
    return new RegExp(`child ${app} (\\S+)`).exec(readFileSync(path, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

function padding(bytes: number): string {
  return `; ${'x'.repeat(97)}\n`.repeat(Math.ceil(bytes / 100));
}
