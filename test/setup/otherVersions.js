/**
 * `node test/setup/otherVersions.js`: fetches the etcd of the next Debian through apt, without
 * installing it, and prints what to run the tests of versions with. Only when asked: no test needs it.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { isInPath, root, runLoudly, runQuietly } from './shell.js';

const suite = 'trixie';
const cache = join(root, 'node_modules/.cache/etcd', suite);

try {
  const binary = join(cache, 'usr/bin/etcd');
  if (runQuietly(binary, ['--version']).status !== 0) fetchEtcd();
  const version = /^etcd Version: (\S+)/m.exec(runQuietly(binary, ['--version']).output)?.[1];
  console.log(`etcd ${version ?? 'of no known version'}: ${binary}`);
  console.log(`SUPERVENE_ETCD_BINARIES=${binary} npm test -- test/faults/etcd/versions.test.ts`);
} catch (error) {
  console.error(`set-up: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

/** With lists and a cache of its own, so that the system’s apt knows nothing of another suite. */
function fetchEtcd() {
  if (!isInPath('apt-get')) {
    throw new Error('no apt-get here: name other etcds in SUPERVENE_ETCD_BINARIES yourself');
  }
  const own = join(cache, 'apt');
  rmSync(cache, { recursive: true, force: true });
  for (const folder of ['parts', 'state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(own, folder), { recursive: true });
  }
  const list = join(own, 'sources.list');
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(list, `deb [signed-by=${keyring}] ${findMirror()} ${suite} main\n`);
  const options = [
    `Dir::Etc::SourceList=${list}`,
    `Dir::Etc::SourceParts=${join(own, 'parts')}`,
    `Dir::State=${join(own, 'state')}`,
    'Dir::State::status=/dev/null',
    `Dir::Cache=${join(own, 'cache')}`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  const apt = (...args) => {
    if (runLoudly('apt-get', [...options, '-q', ...args], { cwd: cache }) !== 0) {
      throw new Error(`apt-get ${args.join(' ')} failed: see above`);
    }
  };
  apt('update');
  apt('download', 'etcd-server');
  const [file] = readdirSync(cache).filter((name) => name.endsWith('.deb'));
  if (file === undefined || runLoudly('dpkg-deb', ['-x', join(cache, file), cache]) !== 0) {
    throw new Error('the package could not be unpacked');
  }
  rmSync(own, { recursive: true, force: true });
}

/** That the machine itself uses for Debian. */
function findMirror() {
  const { output } = runQuietly('apt-get', ['indextargets', '--format', '$(REPO_URI) $(ORIGIN)']);
  const line = output.split('\n').find((one) => /^https?:\S+\/debian\/? Debian$/.test(one));
  if (line === undefined) throw new Error('apt knows of no Debian mirror here');
  return line.split(' ')[0];
}
