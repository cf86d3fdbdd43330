/** The nginx.conf of the cluster as nginx reads it: with hosts, and with nobody. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTemplateEngine } from '../../../effects/templates/templateEngine.ts';
import { parsePlacement } from '../../../src/domain/placement.ts';
import { ok } from '../../../src/domain/result.ts';
import { makeTemplateData } from '../../../src/domain/template/makeTemplateData.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { appReport, hostReport } from '../../support/fleetValues.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

let temp: TempDir;
beforeAll(async () => {
  temp = await createTempDir('nginx');
});
afterAll(() => temp.remove());

/** Paths of its own, so that nothing is left on the machine. */
function nginxSays(text: string): string {
  const file = join(temp.path, 'nginx.conf');
  writeFileSync(file, text.replaceAll(/\/(?:run|tmp)\/nginx/g, `${temp.path}/nginx`));
  try {
    execFileSync('nginx', ['-t', '-q', '-e', 'stderr', '-c', file], { stdio: 'pipe' });
    return '';
  } catch (error) {
    return String(error);
  }
}

function confFor(addresses: readonly string[]): string {
  const source = join(findProjectRoot(), 'deploy/nginx/nginx.conf.liquid');
  const compiled = createTemplateEngine().compile(readFileSync(source, 'utf8'));
  if (!compiled.ok) throw new Error(compiled.error.detail);
  const processes = [{ id: 'demo1:demo1', state: 'RUNNING', pid: 1, startSec: 1 } as const];
  const made = compiled.value(
    makeTemplateData({
      own: { hostId: 'nginx-proxy', hostNames: [], addresses: ['172.16.238.10'] },
      apps: [{ app: 'demo1', placement: parsePlacement(addresses.join()), revision: undefined }],
      hosts: addresses.map((address, n) => {
        const apps = [{ ...appReport('demo1', 'converged'), processes }];
        const word = ok({ report: hostReport(`web1-0${String(n)}`, address, 9, apps), faults: [] });
        return { host: `web1-0${String(n)}`, live: word, known: word };
      }),
      drains: [],
    }),
  );
  if (!made.ok) throw new Error(made.error.detail);
  return made.value;
}

describe('deploy/nginx/nginx.conf.liquid', () => {
  it('is taken by nginx, with three hosts, with an IPv6 one, and with none', () => {
    expect(nginxSays(confFor(['172.16.238.11', '172.16.238.12', '172.16.238.13']))).toBe('');
    expect(nginxSays(confFor(['fd00::11']))).toBe('');
    expect(nginxSays(confFor([]))).toBe('');
    expect(nginxSays('nonsense')).toContain('[emerg]');
  });

  it('is taken with hundreds of hosts', () => {
    const many = Array.from({ length: 300 }, (_, n) => `10.0.${String(n >> 8)}.${String(n & 255)}`);
    const conf = confFor(many);
    expect(conf.split(':8088 ')).toHaveLength(301);
    expect(nginxSays(conf)).toBe('');
  });

  it('shows passwords for supervisor to no host but those it names', () => {
    const conf = confFor(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    expect(conf.match(/server .*:9001;.*/g)).toEqual([
      'server 10.0.0.2:9001; # web1-01',
      'server 10.0.0.3:9001; # web1-02',
    ]);
  });
});
