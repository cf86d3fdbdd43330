/**
 * The programs the tests run for real: etcd, supervisord and their command-line tools, and those that
 * break things on purpose. On Debian and its kin, as root, missing ones are installed; no service is
 * started by that. Elsewhere the list of what to install is printed; without an injector of faults the
 * tests that need it are skipped, and say so.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { findInPath, isInPath, runLoudly, runQuietly } from './shell.js';

/** Each with the Debian package that brings it. */
const tools = [
  { name: 'etcd', packages: ['etcd-server'], isThere: () => isInPath('etcd') },
  { name: 'etcdctl', packages: ['etcd-client'], isThere: () => isInPath('etcdctl') },
  { name: 'supervisord', packages: ['supervisor'], isThere: () => isInPath('supervisord') },
  { name: 'supervisorctl', packages: ['supervisor'], isThere: () => isInPath('supervisorctl') },
  { name: 'flock', packages: ['util-linux'], isThere: () => isInPath('flock') },
  {
    name: 'supervisor.options, importable',
    packages: ['supervisor'],
    isThere: () => runQuietly(supervisorPython(), ['-c', 'import supervisor.options']).status === 0,
  },
];

/** What faults are made with, and what only some tests need. */
const injectors = [
  { name: 'strace', packages: ['strace'], isThere: () => isInPath('strace') },
  { name: 'openssl', packages: ['openssl'], isThere: () => isInPath('openssl') },
  { name: 'ip', packages: ['iproute2'], isThere: () => isInPath('ip') },
  // The entry of the cluster of test/cluster/netns; its service is not started either.
  { name: 'nginx', packages: ['nginx'], isThere: () => isInPath('nginx') },
  // The console in a real browser; the fonts are those of its second language.
  {
    name: 'chromium',
    packages: ['chromium', 'fonts-noto-cjk'],
    isThere: () => isInPath('chromium'),
  },
];

export function ensureTools() {
  ensureInjectors();
  installMissing(tools);
}

/** Installs what is missing of them, or throws with what to do by hand. */
export function installMissing(wanted) {
  const missing = findMissing(wanted);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((tool) => tool.packages))];
  const names = missing.map((tool) => tool.name).join(', ');
  if (!isInPath('apt-get')) {
    throw new Error(
      `missing: ${names}. Install them so that they are found through PATH: etcd 3.4 or newer, ` +
        `supervisor 4.2 (on Debian these are the packages ${packages.join(', ')}).`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      `missing: ${names}. Install them with:\n` +
        `  sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`,
    );
  }
  console.log(`set-up: apt-get install ${packages.join(' ')} (missing: ${names})`);
  withoutStartingServices(() => aptInstall(packages));
  const stillMissing = findMissing(wanted);
  if (stillMissing.length > 0) {
    throw new Error(`still missing: ${stillMissing.map((tool) => tool.name).join(', ')}`);
  }
}

/** Never ends a run: what cannot be had is told. */
function ensureInjectors() {
  const missing = findMissing(injectors);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((tool) => tool.packages))];
  if (isInPath('apt-get') && process.getuid?.() === 0) {
    console.log(`set-up: apt-get install ${packages.join(' ')} (to inject faults)`);
    try {
      withoutStartingServices(() => aptInstall(packages));
    } catch (error) {
      console.error(`set-up: ${error.message}`);
    }
  }
  const names = findMissing(injectors).map((tool) => tool.name);
  if (names.length > 0) console.log(`set-up: without ${names.join(', ')} some tests are skipped`);
}

function findMissing(wanted) {
  return wanted.filter((tool) => !tool.isThere());
}

/** The Python that supervisord itself runs on; the first `python3` in PATH may be another one. */
export function supervisorPython() {
  const script = findInPath('supervisord');
  if (script === undefined) return 'python3';
  const line = readFileSync(script, 'utf8').split('\n', 1)[0];
  return /^#!\s*(\/\S*python[\d.]*)\s*$/.exec(line)?.[1] ?? 'python3';
}

function aptInstall(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const patience = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3'];
  if (runLoudly('apt-get', [...patience, '-q', 'update'], { env }) !== 0) {
    console.error('set-up: apt-get update failed; trying with the lists that are here');
  }
  const install = ['-q', 'install', '-y', '--no-install-recommends', ...packages];
  if (runLoudly('apt-get', [...patience, ...install], { env }) !== 0) {
    throw new Error(`apt-get install ${packages.join(' ')} failed: see above`);
  }
}

/**
 * Debian starts a service as soon as its package is installed, unless policy-rc.d says 101. A system
 * etcd or supervisord would take ports and sockets nobody asked for. One that is there is respected.
 */
function withoutStartingServices(install) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return install();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
  const remove = () => rmSync(policy, { force: true });
  process.once('exit', remove);
  try {
    return install();
  } finally {
    remove();
    process.removeListener('exit', remove);
  }
}
