/** What the agent brings along: few packages, exact ones, none that runs anything when installed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
// A script of the set-up, in JavaScript.
import { judgeAudit } from '../../setup/judgeAudit.js';
import { findProjectRoot } from '../../support/findProjectRoot.ts';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(findProjectRoot(), name), 'utf8')) as T;
}

const manifest = read<
  Readonly<Record<'dependencies' | 'devDependencies' | 'overrides', Record<string, string>>> & {
    readonly scripts: Readonly<Record<string, string>>;
  }
>('package.json');
const lock = read<{ readonly packages: Readonly<Record<string, Locked>> }>('package-lock.json');
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
const runtime = packages.filter(([, { dev }]) => dev !== true);

const exact = /^\d+\.\d+\.\d+$/;

describe('the dependencies', () => {
  it('are ten at most, and none is found but by its exact version', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(10);
    for (const group of ['dependencies', 'devDependencies', 'overrides'] as const) {
      for (const version of Object.values(manifest[group])) expect(version).toMatch(exact);
    }
  });

  it('are all locked by sha512, and come from the registry alone', () => {
    expect(runtime.length).toBeGreaterThan(20);
    for (const [path, { integrity, resolved, link }] of packages) {
      expect(integrity, path).toMatch(/^sha512-/);
      expect(resolved ?? 'the registry', path).toMatch(/^(?:the registry|https:\/\/registry\.)/);
      expect(link, path).toBeUndefined();
    }
  });

  it('need nothing to be run when they are installed, those of the agent', () => {
    const scripted = runtime.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    // Its script only says something about version numbers: `npm ci --ignore-scripts` loses nothing.
    expect(scripted.map(([path]) => path)).toEqual(['node_modules/protobufjs']);
    const hooks = ['preinstall', 'install', 'postinstall'];
    expect(hooks.filter((name) => name in manifest.scripts)).toEqual([]);
  });

  it.each([
    ['@grpc/grpc-js', [1, 14, 4]],
    ['protobufjs', [7, 6, 5]],
  ])('have %s not older than %j, wherever it is brought in', (name, least) => {
    const found = runtime.filter(([path]) => path.endsWith(`node_modules/${name}`));
    expect(found.length).toBeGreaterThan(0);
    for (const [, { version = '' }] of found) {
      expect(version).toBe(manifest.overrides[name]);
      expect(compare(version.split('.').map(Number), least)).toBeGreaterThanOrEqual(0);
    }
  });
});

function compare(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((part, index) => part !== b[index]);
  return differs < 0 ? 0 : (a[differs] ?? 0) - (b[differs] ?? 0);
}

describe('judgeAudit', () => {
  const finding = (severity: string): string =>
    JSON.stringify({
      vulnerabilities: {
        etcd3: { name: 'etcd3', severity, via: ['protobufjs'] },
        protobufjs: {
          name: 'protobufjs',
          via: [{ url: 'https://github.com/advisories/GHSA-1', severity, title: 'bad' }],
        },
      },
    });

  it('passes nothing found, what is below high, and what is answered', () => {
    expect(judgeAudit('{"vulnerabilities":{}}', {}).isGood).toBe(true);
    expect(judgeAudit(finding('moderate'), {}).isGood).toBe(true);
    expect(judgeAudit(finding('critical'), { 'GHSA-1': 'not reached' }).isGood).toBe(true);
  });

  it('fails what is high or critical and has no answer', () => {
    for (const severity of ['high', 'critical']) {
      const { isGood, lines } = judgeAudit(finding(severity), { 'GHSA-2': 'another' });
      expect(isGood).toBe(false);
      expect(lines[0]).toContain('GHSA-1');
    }
  });

  it('says so when the registry gives no answer', () => {
    for (const text of ['', '<html>', '{"message":"405 Method Not Allowed - POST https://x"}']) {
      const { isGood, lines } = judgeAudit(text, {});
      expect(isGood).toBe(true);
      expect(lines[0]).toContain('gave no answer');
      expect(lines[0]).not.toContain('https');
    }
  });
});
