/**
 * One host on which an operation is begun again and again, its agent killed at another point each
 * time and started anew; and what has to hold when it has come to rest.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runSupervene } from '../../support/agent.ts';
import { type AgentHost, startAgentHost } from '../../support/agentHost.ts';
import type { Etcd } from '../../support/etcd.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { waitFor } from '../../support/waitFor.ts';
import { oneThread } from '../support/strace.ts';
import { type CallCounts, countCalls, type CrashPoint, killAt } from './killAtCall.ts';
import { type Operation, runningContent, startsOf } from './operations.ts';

export interface CrashHost {
  /** Which calls the agent makes when nobody kills it. */
  count(): Promise<CallCounts>;
  /** What was wrong in the end; `Missed` when the operation was over before the agent came there. */
  crashAt(point: CrashPoint): Promise<readonly string[] | 'Missed'>;
  /** What is wrong with the journal of all its lives. */
  verifyJournal(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Observations are written and synced after the operation, within half a second. */
const restMs = 700;
const neighbours = ['other', 'third', 'foreign'];
const forHours = 'command=/bin/sleep 1000000\nstartsecs=0\n';

export async function startCrashHost(
  etcd: Etcd,
  operation: Operation,
  driver: string,
): Promise<CrashHost> {
  const foreign = `[program:foreign]\n${forHours}`;
  const host = await startAgentHost({
    etcd,
    name: `crash-${operation.name}-${driver}`,
    supervisord: await startSupervisord({ confs: { 'foreign.conf': foreign } }),
    environment: {
      ...oneThread,
      ...{ SUPERVENE_DRIVER: driver, SUPERVENE_RESTART_LIMIT: 'off' },
      SUPERVENE_ALLOW_REMOVALS: 'true',
      // Its writes are not on the way, and move the revision of etcd on, which is waited for here.
      ...{ SUPERVENE_FLEET_REPORT: 'off', SUPERVENE_FLEET_REQUESTS: 'off' },
    },
  });
  const attempts = createAttempts(host, operation);
  try {
    await host.waitUntilApplied(await host.publish(['other', 'third'], forHours));
  } catch (error) {
    await host.stop();
    throw error;
  }
  return {
    ...attempts,
    verifyJournal: async () => {
      await host.agent.terminate();
      const { code, stdout, stderr } = await runSupervene([
        ...['replay', host.agent.journalDir, '--verify'],
      ]);
      return code === 0 ? [] : [`replay --verify: ${stdout}${stderr}`];
    },
    stop: () => host.stop(),
  };
}

function createAttempts(host: AgentHost, operation: Operation) {
  let n = 0;
  let body: string | undefined;

  const begin = async () => {
    n += 1;
    await operation.prepare(host, n);
    await sleep(200);
    const starts = [...operation.starts(n).keys()].map((of) => [of, startsOf(host, of)] as const);
    const pids = await host.pids();
    return { starts: new Map(starts), pids, saidBefore: host.agent.output().length };
  };
  /** Or until the agent has ended. */
  const untilOver = async (): Promise<void> => {
    const isOver = (): Promise<boolean> => operation.isOver(host, n);
    await waitFor('the end', async () => !host.agent.isRunning || (await isOver()));
    const restUntilMs = performance.now() + restMs;
    await waitFor('rest', () => !host.agent.isRunning || performance.now() > restUntilMs);
  };
  const settle = async (revision: string): Promise<void> => {
    await host.waitUntilApplied(revision);
    await waitFor('the end', () => operation.isOver(host, n));
    await waitFor('an empty plan', async () => (await host.view()).plan.steps.length === 0);
  };

  return {
    count: async (): Promise<CallCounts> => {
      const before = await begin();
      let revision = '';
      const counts = await countCalls(host.agent.pid, async () => {
        revision = await operation.begin(host, n);
        await untilOver();
        if (!host.agent.isRunning) throw new Error('the agent ended by itself');
      });
      await settle(revision);
      body = bodyOf(host, n);
      const wrong = await findFaults(host, operation, n, { ...before, body, extra: 0 });
      if (wrong.length > 0) throw new Error(`without a crash: ${wrong.join('; ')}`);
      return counts;
    },
    crashAt: async (point: CrashPoint): Promise<readonly string[] | 'Missed'> => {
      const before = await begin();
      const attached = await killAt(host.agent.pid, point);
      const revision = await operation.begin(host, n);
      await untilOver().finally(attached.release);
      // It may have come there in the last moment.
      await sleep(20);
      const isMissed = host.agent.isRunning;
      if (!isMissed) host.agent.start();
      try {
        await settle(revision);
      } catch (error) {
        return [`${String(error)}; ${host.agent.output().slice(-2000)}`];
      }
      const wrong = await findFaults(host, operation, n, { ...before, body, extra: 1 });
      if (wrong.length > 0) return [...wrong, host.agent.output().slice(before.saidBefore)];
      return isMissed ? 'Missed' : wrong;
    },
  };
}

interface Before {
  readonly starts: ReadonlyMap<number, number>;
  readonly pids: Readonly<Record<string, number>>;
  /** Length of the agent's log. */
  readonly saidBefore: number;
  /** Of the file, when nobody killed anything. */
  readonly body: string | undefined;
  /** Updates and starts more than without a crash. */
  readonly extra: number;
}

async function findFaults(
  host: AgentHost,
  operation: Operation,
  n: number,
  before: Before,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const expect = (isRight: boolean, fault: string): void => {
    if (!isRight) faults.push(fault);
  };
  const runs = await runningContent(host);
  expect(runs === operation.runs(n), `content ${String(runs)} runs`);
  expect(bodyOf(host, n) === before.body, `the file is ${String(host.fileText('a'))}`);
  const { held } = await host.view();
  const codes = held.map(({ app, code }) => `${String(app)} ${code}`).join(', ');
  expect(codes === operation.held.map((code) => `a ${code}`).join(', '), `held: ${codes}`);
  for (const [of, wanted] of operation.starts(n)) {
    const starts = startsOf(host, of) - (before.starts.get(of) ?? 0);
    const isRight = starts >= wanted && starts <= (wanted === 0 ? 0 : wanted + before.extra);
    expect(isRight, `content ${String(of)} was started ${String(starts)} times`);
  }
  const said = host.agent.output().slice(before.saidBefore);
  const updates = said.split('"updating groups"').length - 1;
  expect(updates <= operation.updates + before.extra, `${String(updates)} updates`);
  const pids = await host.pids();
  for (const group of neighbours) {
    const [was, is] = [before.pids[group] ?? 0, pids[group] ?? 0];
    expect(was > 0 && is === was, `${group} had pid ${String(was)}, then ${String(is)}`);
  }
  expect(host.leftovers().length === 0, `left behind: ${host.leftovers().join(', ')}`);
  const inJournal = readdirSync(host.agent.journalDir).filter((name) => name.endsWith('.tmp'));
  expect(inJournal.length === 0, `left behind: ${inJournal.join(', ')}`);
  const foreign = readFileSync(`${host.supervisord.confDir}/foreign.conf`, 'utf8');
  expect(foreign.startsWith('[program:foreign]'), 'the foreign file was changed');
  if (before.body !== undefined) {
    const mode = statSync(host.filePath('a')).mode & 0o777;
    expect(mode === 0o600, `the file has mode ${mode.toString(8)}`);
  }
  return faults;
}

/** Below the marker, and alike for every n. */
function bodyOf(host: AgentHost, n: number): string | undefined {
  const text = host.fileText('a');
  return text
    ?.slice(text.indexOf('\n') + 1)
    .replaceAll(new RegExp(`(100)?0*${String(n)}"`, 'g'), 'n"');
}
