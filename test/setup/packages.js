/**
 * Node itself and node_modules. The packages are compared one by one with package-lock.json, so a
 * half-finished install, an older one and one made by another branch are all noticed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { root, runLoudly } from './shell.js';

const nodeAtLeast = [20, 19];
const isGlibc = process.report.getReport().header.glibcVersionRuntime !== undefined;

export function ensureNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = nodeAtLeast;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new Error(
    `Node ${process.versions.node} is too old: ${nodeAtLeast.join('.')} or newer is needed ` +
      '(https://nodejs.org)',
  );
}

export function ensurePackages() {
  const reason = whatIsMissing();
  if (reason === undefined) return;
  console.log(`set-up: npm ci (${reason})`);
  // Without install scripts: none is needed, and the build is a step of its own. With the test tools,
  // whatever NODE_ENV says.
  const status = runLoudly(
    'npm',
    ['ci', '--ignore-scripts', '--include=dev', '--include=optional'],
    {
      cwd: root,
    },
  );
  if (status !== 0) throw new Error('npm ci failed: see above');
  const stillMissing = whatIsMissing();
  if (stillMissing !== undefined)
    throw new Error(`npm ci left node_modules wrong: ${stillMissing}`);
}

/** Says what differs from the lock file, or nothing. */
function whatIsMissing() {
  if (!existsSync(join(root, 'node_modules'))) return 'no node_modules';
  const lock = readJson(join(root, 'package-lock.json'));
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '' || wanted.link === true || !isForThisMachine(wanted)) continue;
    const manifest = join(root, path, 'package.json');
    if (!existsSync(manifest)) return `${path} is missing`;
    const found = readJson(manifest).version;
    if (found !== wanted.version) return `${path} is ${found}, locked is ${wanted.version}`;
  }
  return undefined;
}

/** Of the optional packages only the compiled parts for this platform must be there. */
function isForThisMachine({ optional, os, cpu, libc }) {
  if (optional !== true) return true;
  return (
    os?.includes(process.platform) === true &&
    cpu?.includes(process.arch) === true &&
    (libc === undefined || libc.includes(isGlibc ? 'glibc' : 'musl'))
  );
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
