/**
 * The power goes, at many moments of a change: conf directory and journal keep only what was made
 * durable. Every file is the old one or the new one, and all that was wanted runs afterwards.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseMarker } from '../../../src/domain/content/marker.ts';
import { sleeper } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { readJournalFiles } from '../../support/journalFiles.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { type CuttableDisk, startCuttableDisk, whyNoCuttableDisk } from '../support/power.ts';
import { expectRecovery } from '../support/recovery.ts';
import { startWitness } from '../support/witness.ts';

let etcd: Etcd;
let disk: CuttableDisk | undefined;
let host: CalmHost | undefined;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterEach(async () => {
  await host?.stop();
  await disk?.stop();
  host = undefined;
  disk = undefined;
});
afterAll(() => etcd.stop());

interface Stage {
  readonly disk: CuttableDisk;
  readonly host: CalmHost;
}

async function start(): Promise<Stage> {
  disk = await startCuttableDisk();
  const confDir = join(disk.path, 'conf.d');
  mkdirSync(confDir, { mode: 0o755 });
  const supervisord = await startSupervisord({
    confDir,
    confs: { 'foreign.conf': `[program:foreign]\n${sleeper()}` },
  });
  const journalDir = join(disk.path, 'journal');
  // What happens here happens more often than people restart.
  const environment = { SUPERVENE_RESTART_LIMIT: 'off' };
  host = await startCalmHost({ etcd, supervisord, journalDir, environment });
  // The foreign file is nothing that an agent made durable.
  spawnSync('sync', ['-f', disk.path]);
  return { disk, host };
}

/** The machine is off, and on again; supervisord comes first and runs what it finds. */
async function crash({ disk, host }: Stage): Promise<void> {
  disk.cut();
  await host.agent.kill();
  await host.supervisord.shutdown();
  disk.restore();
  for (const name of filesOf(host)) expectWhole(readFileSync(join(confDirOf(host), name), 'utf8'));
  await host.supervisord.restart();
  host.agent.start();
}

const confDirOf = ({ supervisord }: CalmHost): string => supervisord.confDir;
const filesOf = (host: CalmHost): readonly string[] =>
  readdirSync(confDirOf(host)).filter((name) => name.endsWith('.supervene.conf'));

/** As somebody once wanted it: its own first line says so. */
function expectWhole(text: string): void {
  const [first = ''] = text.split('\n');
  const rest = text.slice(first.length + 1);
  expect(parseMarker(first)?.sha256).toBe(createHash('sha256').update(rest).digest('hex'));
}

type Moment = readonly [name: string, reached: (host: CalmHost, n: number) => Promise<unknown>];
const quickly = { intervalMs: 1, timeoutMs: 20_000 };

const moments: readonly Moment[] = [
  ['at once', () => Promise.resolve()],
  ['soon', () => sleep(4)],
  ['a little later', () => sleep(8)],
  [
    'with a temporary file there',
    async ({ leftovers, fileText }, n) =>
      waitFor(
        'a temporary file',
        () => leftovers().length > 0 || hasContent(fileText('a'), n),
        quickly,
      ),
  ],
  [
    'with the file in place',
    ({ fileText }, n) => waitFor('the file', () => hasContent(fileText('a'), n), quickly),
  ],
  ['in the middle of the update', () => sleep(150)],
  [
    'with the new content running',
    ({ runs }, n) => waitFor('the process', () => runs('a', n), quickly),
  ],
];

const hasContent = (text: string | undefined, n: number): boolean =>
  text?.includes(`N="${String(n)}"`) === true;

describe('a power cut', () => {
  it('D2: at any moment of a change leaves old files or new ones, and all runs', async (context) => {
    const whyNot = await whyNoCuttableDisk();
    if (whyNot !== undefined) return context.skip(whyNot);
    const stage = await start();
    const { host } = stage;
    for (const [at, [name, reached]] of moments.entries()) {
      const n = at + 2;
      // One that changes and one that is new.
      const apps = ['a', `new${String(at)}`];
      const revision = await host.publish(apps, sleeper(n));
      await reached(host, n);
      await crash(stage);
      const startedMs = performance.now();
      await expectRecovery('D2', 5_000, startedMs, async () => {
        const all = await Promise.all([
          ...apps.map((app) => host.runs(app, n)),
          host.runs('calm', 1),
        ]);
        return all.every(Boolean);
      });
      await host.waitUntilApplied(revision);
      await host.waitUntilAtRest();
      expect((await host.view()).held, name).toEqual([]);
      expect(host.leftovers(), name).toEqual([]);
      expect(host.agent.output(), name).not.toContain('the journal is damaged');
    }
    await host.agent.terminate();
    expect(readJournalFiles(host.agent.journalDir).faults).toEqual([]);
  });

  it('D2: of the disk alone is told, and nothing is done that cannot be written down', async (context) => {
    const whyNot = await whyNoCuttableDisk();
    if (whyNot !== undefined) return context.skip(whyNot);
    const stage = await start();
    const { host } = stage;
    // Not files: there is nothing to be read for a while.
    const { processes } = host.supervisord;
    const witness = await startWitness({ processes, running: ['calm', 'foreign'] });
    stage.disk.cut();
    await host.publish(['calm', 'a'], sleeper(2));
    await host.waitUntilUnready('input/output error');
    expect((await fetch(`${host.agent.url}/healthz`)).status).toBe(200);
    await witness.testify();
    await crash(stage);
    await expectRecovery('D2', 5_000, performance.now(), async () =>
      (await Promise.all([host.runs('a', 2), host.runs('calm', 2)])).every(Boolean),
    );
    await host.waitUntilAtRest();
  });
});
