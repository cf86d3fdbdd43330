/**
 * `npm run soak:faults`: real faults on three hosts of real parts, round after round, as drawn from a
 * seed. Invariants are looked at all the time; after each round everything is healed and has to come
 * to rest where the script knows; at the end each journal has to verify.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMounts, whyNoMounts } from '../../faults/support/mounts.ts';
import { runSupervene } from '../../support/agent.ts';
import { startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type SoakHost, startSoakHost } from './host.ts';
import { createScript, type OperatorAct, type Round } from './script.ts';
import { createStage, type Stage } from './stage.ts';
import { startWatch } from './watch.ts';

export interface SoakOptions {
  readonly seed: string;
  readonly hasLongFaults: boolean;
  /** No round begins when this says so. */
  readonly isOver: (roundsDone: number) => boolean;
  readonly tell: (line: string) => void;
  /** Journals and logs are copied here when something is violated. */
  readonly keepDir: string | undefined;
}

export interface SoakResult {
  readonly rounds: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly inputs: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
  /** From the last heal of a round to rest, in milliseconds. */
  readonly recoveries: readonly { readonly tookMs: number; readonly round: string }[];
  readonly rssMaxMiB: number;
}

/** So long and it is no recovery: back-off goes up to half a minute. */
const restMaxMs = 120_000;
/** More, and there is nothing to learn from what follows. */
const violationsMax = 20;

export async function soakFaults(options: SoakOptions): Promise<SoakResult> {
  const { seed, tell } = options;
  const whyNot = whyNoMounts();
  if (whyNot !== undefined) tell(`without journal-full: ${whyNot}`);
  const mounts = whyNot === undefined ? createMounts() : undefined;
  const etcd = await startEtcd();
  const hosts: SoakHost[] = [];
  try {
    for (const name of ['h1', 'h2', 'h3']) hosts.push(await startSoakHost(etcd, name, mounts));
    const names = hosts.map(({ name }) => name);
    const script = createScript({
      ...{ seed, hosts: names, hasMounts: mounts !== undefined },
      hasLongFaults: options.hasLongFaults,
    });
    return await runRounds(options, createStage(etcd, hosts, script));
  } finally {
    for (const host of hosts) await host.stop();
    mounts?.undoAll();
    await etcd.stop();
  }
}

async function runRounds(options: SoakOptions, stage: Stage): Promise<SoakResult> {
  const { tell } = options;
  const tally = createTally();
  const violations: string[] = [];
  const recoveries: { tookMs: number; round: string }[] = [];
  let [rounds, rssMaxMiB] = [0, 0];
  while (!options.isOver(rounds) && violations.length < violationsMax) {
    const round = stage.script.next();
    const name = describeRound(round);
    tally.add(round);
    const { found, tookMs, rssMiB } = await runRound(stage, round);
    rounds += 1;
    rssMaxMiB = Math.max(rssMaxMiB, rssMiB);
    recoveries.push({ tookMs, round: name });
    tell(`${name}: rest after ${seconds(tookMs)}`);
    for (const fault of found) tell(`  VIOLATED: ${fault}`);
    violations.push(...found.map((fault) => `round ${String(round.number)}: ${fault}`));
    if (found.length > 0) keep(options, stage, round, found);
  }
  for (const fault of await verifyJournals(stage)) {
    tell(`VIOLATED: ${fault}`);
    violations.push(fault);
  }
  return { rounds, ...tally.counts, violations, recoveries, rssMaxMiB };
}

interface RoundResult {
  readonly found: readonly string[];
  readonly tookMs: number;
  readonly rssMiB: number;
}

async function runRound(stage: Stage, round: Round): Promise<RoundResult> {
  const found = new Set<string>();
  const note = (error: unknown): void => void found.add(String(error));
  for (const act of round.operator) await operate(stage, act, found).catch(note);
  for (const { touched } of stage.hosts) touched.clear();
  const watch = await startWatch(stage, round, found);
  const faults = round.faults.map(async (fault) => {
    await sleep(fault.atMs);
    await stage.harm(fault).catch(note);
    await sleep(fault.forMs);
    await stage.heal(fault).catch(note);
  });
  await Promise.all([...faults, stage.play(round.inputs)]);
  for (const host of stage.hosts) await host.revive().catch(note);
  const healedMs = performance.now();
  const tookMs = await untilRest(stage.unrest, healedMs, '', found);
  const rssMiB = await watch.stop();
  await stage.noteRest();
  return { found: [...found], tookMs, rssMiB };
}

/** Two looks have to agree: what was broken last may not have been noticed at the first. */
async function untilRest(
  findUnrest: Stage['unrest'],
  sinceMs: number,
  when: string,
  found: Set<string>,
): Promise<number> {
  let restMs: number | undefined;
  for (;;) {
    const unrest = await findUnrest();
    const nowMs = performance.now();
    if (unrest.length > 0) restMs = undefined;
    else if (restMs !== undefined) return restMs - sinceMs;
    else restMs = nowMs;
    if (nowMs - sinceMs > restMaxMs) {
      for (const fault of unrest) found.add(`${when}no rest after ${seconds(restMaxMs)}: ${fault}`);
      return nowMs - sinceMs;
    }
    await sleep(400);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** An operator at work while all is quiet; the agent has to take notice. */
async function operate(
  { hosts, unrest }: Stage,
  { type, host: name, app }: OperatorAct,
  found: Set<string>,
): Promise<void> {
  const host = hosts.find((one) => one.name === name);
  if (host === undefined) return;
  const isHeld = async (): Promise<boolean> =>
    (await host.host.view()).held.some((held) => held.app === app && held.code === 'OperatorStop');
  await host.host.supervisord.supervisorctl(type, `${app}:*`);
  await waitFor(
    `${app} on ${name} to be seen as ${type === 'stop' ? 'stopped' : 'started'}`,
    async () => (await isHeld()) === (type === 'stop'),
  );
  await untilRest(unrest, performance.now(), `operator's ${type} of ${name}/${app}: `, found);
}

async function verifyJournals({ hosts }: Stage): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { name, host } of hosts) {
    const end = await host.agent.terminate();
    if (end !== 0) faults.push(`${name}: the agent ended with ${String(end)} on SIGTERM`);
    const run = await runSupervene(['replay', host.agent.journalDir, '--verify']);
    if (run.code !== 0) faults.push(`${name}: replay --verify: ${run.stdout}${run.stderr}`);
  }
  return faults;
}

function createTally() {
  const [faults, inputs] = [new Map<string, number>(), new Map<string, number>()];
  const count = (counts: Map<string, number>, key: string): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  return {
    counts: { faults, inputs },
    add: (round: Round): void => {
      for (const { kind } of round.faults) count(faults, kind);
      for (const { type } of round.operator) count(inputs, `operator-${type}`);
      for (const input of round.inputs) {
        const fate = input.type === 'Publish' ? ` ${input.body.fate}` : '';
        count(inputs, `${input.type}${fate}`);
      }
    },
  };
}

function describeRound({ number, operator, inputs, faults }: Round): string {
  const parts = [
    ...operator.map(({ type, host, app }) => `operator ${type} ${host}/${app}`),
    ...inputs.map((input) => {
      const what = input.type === 'Publish' ? ` ${input.body.fate} ${String(input.body.n)}` : '';
      return `${input.type}${what}${'app' in input ? ` ${input.app}` : ''}`;
    }),
    ...faults.map(({ kind, host, app }) => [kind, host, app].filter(Boolean).join(' ')),
  ];
  return `round ${String(number)}: ${parts.join(', ')}`;
}

function keep({ keepDir }: SoakOptions, { hosts }: Stage, round: Round, found: readonly string[]) {
  if (keepDir === undefined) return;
  const dir = join(keepDir, `round-${String(round.number)}`);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'round.json'), JSON.stringify({ found, round }, undefined, 2));
  for (const { name, host } of hosts) {
    cpSync(host.agent.journalDir, join(dir, name), {
      recursive: true,
      filter: (path) => !path.endsWith('.sock'),
    });
    writeFileSync(join(dir, `${name}.log`), host.agent.output());
    cpSync(host.supervisord.logPath, join(dir, `${name}.supervisord.log`));
  }
}
