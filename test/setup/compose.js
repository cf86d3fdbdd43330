/**
 * `npm run test:compose`: brings docker-compose.yml up on this machine, walks through it, breaks parts
 * of it and takes it down. On Debian, as root, a missing engine is installed; one that runs already is
 * not touched: the tests start their own, with everything of it in one folder and, for the cluster, in
 * a network of its own. SUPERVENE_COMPOSE_PULL=1 takes the real base images in place of stand-ins made
 * of Debian's packages. SUPERVENE_COMPOSE_FOLDER=/some/folder keeps the engine's data and images there for
 * the next run. Not part of `npm test`: it takes some minutes.
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureReady } from './ensure.js';
import { isInPath, root, runLoudly, runQuietly } from './shell.js';
import { installMissing } from './tools.js';

const tools = [
  { name: 'dockerd', packages: ['docker.io'] },
  { name: 'docker', packages: ['docker.io'] },
  { name: 'docker-compose', packages: ['docker-compose'] },
  { name: 'debootstrap', packages: ['debootstrap'] },
  { name: 'iptables', packages: ['iptables'] },
  { name: 'nsenter', packages: ['util-linux'] },
  { name: 'ip', packages: ['iproute2'] },
  { name: 'curl', packages: ['curl'] },
].map((tool) => ({ ...tool, isThere: () => isInPath(tool.name) }));

if (process.platform !== 'linux' || process.getuid?.() !== 0) {
  console.error('test:compose: an engine of its own needs Linux and root');
  process.exit(1);
}
ensureReady();
try {
  installMissing(tools);
} catch (error) {
  console.error(`test:compose: ${error.message}`);
  process.exit(1);
}

// A signal ends vitest, which is in the same group; what is left is then removed here.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
const kept = process.env.SUPERVENE_COMPOSE_FOLDER;
const folder =
  kept === undefined ? mkdtempSync(join(tmpdir(), 'supervene-compose-')) : resolve(kept);
mkdirSync(folder, { recursive: true });
try {
  process.exitCode = runLoudly(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--config=test/cluster/compose/vitest.config.ts',
      ...process.argv.slice(2),
    ],
    { cwd: root, env: { ...process.env, SUPERVENE_COMPOSE_FOLDER: folder } },
  );
} finally {
  await endProcesses();
  removeCgroups();
  unmountAll();
  if (kept === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** What is left of the engine: first asked to end, then ended, and with it what ran in its containers. */
async function endProcesses() {
  for (const [signal, patienceMs] of [
    ['SIGTERM', 20_000],
    ['SIGKILL', 5_000],
  ]) {
    const deadline = performance.now() + patienceMs;
    for (const pid of findProcesses()) send(pid, signal);
    while (findProcesses().length > 0 && performance.now() < deadline) await sleep(100);
  }
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Those that name the folder in their command, and those in its control group. */
function findProcesses() {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
        return command.includes(`${folder}/`) || groups.includes(`/${basename(folder)}/`);
      } catch {
        return false;
      }
    });
}

function unmountAll() {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.reverse()) runQuietly('umount', ['--lazy', point]);
}

/** The group that all containers were below, in each hierarchy. */
function removeCgroups() {
  const top = '/sys/fs/cgroup';
  const names = ['.', ...readdirSync(top)];
  for (const name of names) {
    const group = join(top, name, basename(folder));
    if (statSync(group, { throwIfNoEntry: false })?.isDirectory() === true) {
      runQuietly('find', [group, '-depth', '-type', 'd', '-delete']);
    }
  }
}
