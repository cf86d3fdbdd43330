/** `supervene replay` on the journal of a real agent: while it runs, and after it was killed. */
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandOutcome, runSupervene } from '../support/agent.ts';
import { type AgentHost, sleeper, startAgentHost } from '../support/agentHost.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { readJournalFiles } from '../support/journalFiles.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';

let etcd: Etcd;
let host: AgentHost;
let temp: TempDir;
beforeAll(async () => {
  etcd = await startEtcd();
  temp = await createTempDir('replay');
  host = await startAgentHost({ etcd });
});
afterAll(async () => {
  await host.stop();
  await etcd.stop();
  await temp.remove();
});

const replay = (...args: readonly string[]): Promise<CommandOutcome> =>
  runSupervene(['replay', host.agent.journalDir, ...args]);

describe('replay', () => {
  it('reads the journal of a running agent and does not disturb it', async () => {
    await host.waitUntilApplied(await host.publish(['demo1', 'demo2'], sleeper()));
    await host.supervisord.supervisorctl('stop', 'demo1:*');
    await host.waitUntilHeld('demo1', 'OperatorStop');
    const { newest } = readJournalFiles(host.agent.journalDir);
    const before = statSync(newest);
    const verified = await replay('--verify', '--json');
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    const explained = await replay('--explain', 'demo1');
    expect(explained.stdout).toContain('demo1 on');
    expect(explained.stdout).toContain('OperatorStop: an operator stopped demo1:demo1');
    expect(statSync(newest).ino).toBe(before.ino);
    expect((await host.readiness()).status).toBe(200);
    await host.waitUntilApplied(await host.publish('demo2', sleeper(2)));
  });

  it('reads standard input, several segments too', async () => {
    expect(await host.agent.terminate()).toBe(0);
    host.agent.start();
    await host.agent.waitUntilReady();
    await host.agent.terminate();
    const { newest, events } = readJournalFiles(host.agent.journalDir);
    const first = join(host.agent.journalDir, '1.jsonl');
    expect(newest).not.toBe(first);
    const input = readFileSync(first, 'utf8') + readFileSync(newest, 'utf8');
    const { code, stdout } = await runSupervene(['replay', '-', '--verify', '--json'], { input });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      isEqual: true,
      segments: 2,
      checkpoints: 1,
      events: events.length,
    });
    host.agent.start();
    await host.agent.waitUntilReady();
  });

  it('tells of the torn end that a kill left, and verifies the rest', async () => {
    await host.publish('demo2', sleeper(3));
    await host.agent.kill();
    appendFileSync(readJournalFiles(host.agent.journalDir).newest, '{"seq":4711,"atMs":1,"eve');
    const { code, stdout, stderr } = await replay('--verify');
    expect(code).toBe(0);
    expect(stdout).toMatch(/all as supervene .* decides/);
    expect(stderr).toContain('the end is torn (25 bytes)');
    host.agent.start();
    await host.agent.waitUntilReady();
    expect(await replay('--verify')).toMatchObject({ code: 0, stderr: '' });
  });

  it('writes a copy without the secrets of the contents', async () => {
    const secret = 'correct-horse-battery-staple';
    await host.waitUntilApplied(
      await host.publish('demo3', `${sleeper()}  ,PASSWORD="${secret}"\n`),
    );
    const copy = join(temp.path, 'copy');
    const { code, stdout } = await replay('--redact', copy);
    expect(code).toBe(0);
    expect(stdout).toContain('the copy verifies');
    const { newest } = readJournalFiles(host.agent.journalDir);
    const isIn = (text: string): boolean => {
      // Base64 in three shifts, without the ends in which its neighbours show.
      const forms = ['', ' ', '  '].map((shift) =>
        Buffer.from(shift + secret)
          .toString('base64')
          .slice(4, -4),
      );
      return [secret, ...forms].some((form) => text.includes(form));
    };
    expect(isIn(readFileSync(newest, 'utf8'))).toBe(true);
    const copied = readJournalFiles(copy);
    expect(copied.faults).toEqual([]);
    expect(isIn(readFileSync(copied.newest, 'utf8'))).toBe(false);
    expect(existsSync(join(copy, 'lock'))).toBe(false);
  });
});
