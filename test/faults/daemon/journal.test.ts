/** A journal that cannot be believed: no guess is made from it, and nothing that runs is lost. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeLine } from '../../../src/journal/line.ts';
import { runSupervene } from '../../support/agent.ts';
import { type AgentHostOptions, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { readJournalFiles } from '../../support/journalFiles.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';

let etcd: Etcd;
let temp: TempDir;
let host: CalmHost | undefined;
beforeAll(async () => {
  temp = await createTempDir('damage');
  etcd = await startEtcd();
});
afterEach(async () => {
  await host?.stop();
  host = undefined;
});
afterAll(async () => {
  await etcd.stop();
  await temp.remove();
});

async function start(options: Partial<AgentHostOptions> = {}): Promise<CalmHost> {
  host = await startCalmHost({ etcd, ...options });
  return host;
}

type Harm = readonly [where: string, harm: (lines: string[]) => string[]];

const flip = (line = ''): string => {
  const at = Math.floor(line.length / 2);
  return line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) ^ 1) + line.slice(at + 1);
};

const harms: readonly Harm[] = [
  ['in an event in the middle', (lines) => lines.map((line, at) => (at === 4 ? flip(line) : line))],
  ['in the header', ([header, ...lines]) => [flip(header), ...lines]],
  ['and a line is missing', (lines) => lines.filter((_, at) => at !== 5)],
];

/** Of the newest segment; gives its path and what stands there now. */
function damage({ agent }: CalmHost, harm: Harm[1]): { path: string; text: string } {
  const path = readJournalFiles(agent.journalDir).newest;
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.length).toBeGreaterThan(10);
  const text = harm(lines).join('\n');
  writeFileSync(path, text);
  return { path, text };
}

describe('a journal', () => {
  it.for(harms)('D4: with a flipped bit %s is left alone, and begun anew', async ([, harm]) => {
    const host = await start();
    await host.run('a');
    const witness = await host.witness('calm', 'a', 'foreign');
    await host.agent.kill();
    const { path, text } = damage(host, harm);
    const startedMs = performance.now();
    host.agent.start();
    await expectRecovery(
      'D4',
      5_000,
      startedMs,
      async () => (await host.readiness()).status === 200,
    );
    expect(host.agent.output()).toContain(`"segment":"${path}"`);
    expect(host.agent.output()).toContain('the journal is damaged');
    // For people to look at.
    expect(readFileSync(path, 'utf8')).toBe(text);
    await witness.testify();
    // Not an update more than before, and what comes is done.
    const other = await host.witness('a', 'foreign');
    await host.run('calm', 2);
    await other.testify();
    // The new segment is a good one: the next life goes on with it.
    const { newest } = readJournalFiles(host.agent.journalDir);
    expect(basename(newest)).not.toBe(basename(path));
    const saidBefore = host.agent.output().length;
    await host.agent.terminate();
    host.agent.start();
    await host.waitUntilAtRest();
    expect(host.agent.output().slice(saidBefore)).not.toContain('damaged');
  });

  it('D4: that is damaged when many apps are gone from etcd removes none unasked', async () => {
    const host = await start();
    const apps = ['a', 'b', 'c', 'd'];
    await host.publish(apps, sleeper());
    for (const app of apps) await waitFor(`${app} to run`, () => host.runs(app, 1));
    await host.waitUntilAtRest();
    const witness = await host.witness('calm', ...apps);
    await host.agent.kill();
    damage(host, harms[0]?.[1] ?? ((lines) => lines));
    await host.unpublish(...apps);
    host.agent.start();
    for (const app of apps) {
      const reason = await host.waitUntilHeld(app, 'MassRemoval');
      expect(reason).toContain(`supervene confirm ${host.name}`);
    }
    await host.waitUntilUnready('MassRemoval');
    await witness.testify();
  });

  it("D4: that is damaged does not forget an operator's stop", async () => {
    const host = await start();
    await host.run('a');
    await host.supervisord.supervisorctl('stop', 'a:*');
    await host.waitUntilHeld('a', 'OperatorStop');
    await waitFor('the file to say so', () => host.fileText('a')?.includes('autostart=false'));
    await host.agent.kill();
    damage(host, harms[0]?.[1] ?? ((lines) => lines));
    host.agent.start();
    await host.waitUntilHeld('a', 'OperatorStop');
    await host.publish('a', sleeper(2));
    await waitFor('the new content', () => host.fileText('a')?.includes('N="2"'));
    expect(host.fileText('a')).toContain('autostart=false');
    await host.waitUntilHeld('a', 'OperatorStop');
    expect((await host.process('a'))?.pid).toBe(0);
  });

  it('D6: of a newer version is left alone, and begun anew without a crash', async () => {
    const host = await start();
    await host.run('a');
    const witness = await host.witness('calm', 'a', 'foreign');
    await host.agent.kill();
    const { path, text } = damage(host, ([header = '', ...lines]) => {
      const { sum: _, ...fields } = JSON.parse(header) as Record<string, unknown>;
      return [encodeLine({ ...fields, version: 2 }).trimEnd(), ...lines];
    });
    host.agent.start();
    await host.waitUntilAtRest();
    expect(host.agent.output()).toContain('format version 2 is not known');
    expect(readFileSync(path, 'utf8')).toBe(text);
    await witness.testify();
    await host.run('calm', 2);
    await host.agent.terminate();
    host.agent.start();
    await host.waitUntilAtRest();
  });

  it('D14: that was cloned with a whole machine holds what is placed on the original', async () => {
    const original = await start();
    await original.run('a');
    const witness = await original.witness('calm', 'a', 'foreign');
    const journalDir = join(temp.path, 'journal');
    cpSync(original.agent.journalDir, journalDir, {
      recursive: true,
      filter: (path) => !path.endsWith('.sock'),
    });
    const { confDir } = original.supervisord;
    const confs = Object.fromEntries(
      readdirSync(confDir).map((name) => [name, readFileSync(join(confDir, name), 'utf8')]),
    );
    const clone = await startAgentHost({
      etcd,
      journalDir,
      name: 'clone',
      supervisord: await startSupervisord({ confs }),
      addresses: ['172.16.238.12'],
      environment: { SUPERVENE_PREFIX: original.prefix },
    });
    try {
      for (const app of ['calm', 'a']) {
        const reason = await clone.waitUntilHeld(app, 'IdentityLost');
        expect(reason).toContain('172.16.238.11');
        await clone.waitForState(app, 'RUNNING');
      }
      expect((await clone.readiness()).reasons).toContain('IdentityLost');
      const { environment } = clone.agent;
      expect((await runSupervene(['confirm', 'clone'], { environment })).code).toBe(0);
      await waitFor('the clone to let go', async () => (await clone.process('a')) === undefined);
      expect(clone.fileText('calm')).toBeUndefined();
    } finally {
      await clone.stop();
    }
    await witness.testify();
    await original.waitUntilAtRest();
  });
});
