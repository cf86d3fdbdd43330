/**
 * Stand-ins for the images that deploy/Dockerfile begins with, for machines that reach Debian's packages
 * but no registry of images: a Debian made by debootstrap, the same with this machine's Node and npm,
 * and this machine's etcd. They reach the packages as this machine does: its mirrors, its npm registry,
 * its certificates. Nothing of that stays in the images that are built from them, but the mirrors.
 */
import { cp, mkdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import type { Engine } from './engine.ts';
import { mustRun } from './run.ts';

const release = 'bookworm';
const certificates = '/etc/ssl/certs/ca-certificates.crt';
const left = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/cache/apt', 'var/log'];

export async function makeBaseImages(engine: Engine, folder: string): Promise<void> {
  const names = await readBaseNames();
  const made = await Promise.all(
    Object.values(names).map(async (name) => engine.docker(['images', '--quiet', name])),
  );
  if (!made.includes('')) return;
  for (const name of ['debian', 'node', 'etcd']) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
  await makeDebian(engine, join(folder, 'debian'), names.base);
  await makeNode(engine, join(folder, 'node'), names);
  await makeEtcd(engine, join(folder, 'etcd'), names.etcd);
}

interface BaseNames {
  readonly base: string;
  readonly node: string;
  readonly etcd: string;
}

/** As the Dockerfile has them. */
async function readBaseNames(): Promise<BaseNames> {
  const text = await readFile(join(findProjectRoot(), 'deploy/Dockerfile'), 'utf8');
  const of = (argument: string): string => {
    const name = new RegExp(`^ARG ${argument}=(\\S+)$`, 'm').exec(text)?.[1];
    if (name === undefined) throw new Error(`deploy/Dockerfile has no ARG ${argument}`);
    return name;
  };
  return { base: of('BASE_IMAGE'), node: of('NODE_IMAGE'), etcd: of('ETCD_IMAGE') };
}

async function makeDebian(engine: Engine, folder: string, name: string): Promise<void> {
  const mirrors = await readMirrors();
  const [first = 'http://deb.debian.org/debian'] = mirrors;
  const address = first.split(' ')[0] ?? first;
  await mustRun('debootstrap', ['--variant=minbase', release, folder, address], {
    timeoutMs: 600_000,
  });
  const lines = mirrors.map((mirror) => `deb ${mirror} main\n`);
  await writeFile(join(folder, 'etc/apt/sources.list'), lines.join(''));
  await writeFile(join(folder, 'etc/apt/apt.conf.d/99machine'), await readAptSettings());
  const excluded = [...left.map((path) => `./${path}/*`), './var/lib/apt/lists/*', './dev/*'];
  const tar = `${folder}.tar`;
  await mustRun('tar', [
    ...excluded.map((path) => `--exclude=${path}`),
    ...['-C', folder, '-cf', tar, '.'],
  ]);
  await engine.docker(['import', tar, name], { timeoutMs: 120_000 });
}

/** `URL SUITE` of what this machine takes this release's main packages from, in its order. */
async function readMirrors(): Promise<readonly string[]> {
  const format = '$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)';
  const targets = await mustRun('apt-get', [
    'indextargets',
    `--format=${format}`,
    'Identifier: Packages',
  ]);
  return targets.split('\n').flatMap((line) => {
    const [address = '', suite = '', component, origin] = line.split(' ');
    const isWanted = component === 'main' && origin === 'Debian' && suite.startsWith(release);
    return isWanted ? [`${address} ${suite}`] : [];
  });
}

/** How this machine asks, as far as it is not the default: proxies, and mirrors that are snapshots. */
async function readAptSettings(): Promise<string> {
  const wanted = /^Acquire::(?:Check-Valid-Until|Check-Date|https?::Proxy) "[^"]*";$/;
  const settings = (await mustRun('apt-config', ['dump'])).split('\n');
  return settings.filter((line) => wanted.test(line)).join('\n') + '\n';
}

async function makeNode(engine: Engine, folder: string, names: BaseNames): Promise<void> {
  const local = join(folder, 'usr/local');
  await mkdir(join(local, 'bin'), { recursive: true });
  await mkdir(join(local, 'etc'), { recursive: true });
  await mkdir(join(folder, 'etc/ssl/certs'), { recursive: true });
  await cp(process.execPath, join(local, 'bin/node'));
  // npm's command is a link to npm/bin/npm-cli.js.
  const npm = dirname(dirname(await realpath(await mustRun('sh', ['-c', 'command -v npm']))));
  await cp(npm, join(local, 'lib/node_modules/npm'), { recursive: true });
  for (const command of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${command}-cli.js`, join(local, 'bin', command));
  }
  const settings = ['registry', 'proxy', 'https-proxy'].map(async (key) => {
    const value = await mustRun('npm', ['config', 'get', key], { cwd: '/' });
    return value === 'null' || value === '' ? '' : `${key}=${value}\n`;
  });
  const npmrc = (await Promise.all(settings)).join('');
  await writeFile(join(local, 'etc/npmrc'), `${npmrc}cafile=${certificates}\n`);
  await cp(process.env['NODE_EXTRA_CA_CERTS'] ?? certificates, join(folder, certificates));
  await build(engine, folder, names.node, names.base);
}

async function makeEtcd(engine: Engine, folder: string, name: string): Promise<void> {
  await mkdir(join(folder, 'usr/local/bin'), { recursive: true });
  for (const command of ['etcd', 'etcdctl']) {
    const found = await realpath(await mustRun('sh', ['-c', `command -v ${command}`]));
    await cp(found, join(folder, 'usr/local/bin', command));
  }
  await build(engine, folder, name, 'scratch');
}

async function build(engine: Engine, folder: string, name: string, from: string): Promise<void> {
  const file = `${folder}.Dockerfile`;
  await writeFile(file, `FROM ${from}\nCOPY . /\n`);
  await engine.docker(['build', '--quiet', '--tag', name, '--file', file, folder], {
    timeoutMs: 300_000,
  });
}
