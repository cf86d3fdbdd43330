/**
 * One simulation from its seed: a phase with faults in which every event is watched, then everything
 * is healed, nobody changes anything, and the cluster must become as etcd says. Then an operator has
 * a word.
 */
import type { Event } from '../../domain/event.ts';
import { readVersion } from '../../version.ts';
import { createRng } from '../kernel/rng.ts';
import type { InvariantName, Violation } from '../invariants.ts';
import { findEndFaults } from '../checks/endCheck.ts';
import type { ScriptedAction } from '../script/action.ts';
import { appName, type ScriptSource } from '../script/drawScript.ts';
import type { FaultName } from '../script/faults.ts';
import type { HostVariation } from '../world/hostSettings.ts';
import { createPerformer } from '../world/perform.ts';
import { removeTornFiles } from '../world/operator.ts';
import { createWorld, hostOf, startWorld, type World } from '../world/world.ts';
import type { Crash, CrashWatch } from './crashes.ts';
import { type Journals, keepJournals } from './keepJournals.ts';
import { judgeOperator } from './epilogue.ts';
import { openScript } from './keptScript.ts';
import { pictureOf } from './picture.ts';

export interface SimulationOptions {
  /** Any text. */
  readonly seed: string;
  readonly hosts: number;
  /** How many names there are to publish under. */
  readonly apps: number;
  /** So many events are recorded by the agents before all is healed. */
  readonly events: number;
  readonly faults: readonly FaultName[];
  /** Of supervene, as the journals have it; its own by default. */
  readonly version?: string;
  /** In place of the script that the seed gives: what shrinking has left of it. */
  readonly script?: readonly ScriptedAction[];
  /** Nothing is healed and judged: only the phase with faults. */
  readonly endsUnhealed?: boolean;
  /** Each host's whole journal is in the result. */
  readonly keepsJournal?: boolean;
  /** Told now and then, with the events recorded so far. */
  readonly onProgress?: (events: number, phase: 'Faults' | 'Healed') => void;
  /** Where what nobody catches is noticed: the simulation ends with it. */
  readonly crashes?: CrashWatch;
  /** Before anything happens. For tests of the simulator itself: they plant a bug. */
  readonly prepare?: (world: World) => void;
}

export interface SimulationResult {
  readonly violations: readonly Violation[];
  readonly crash: Crash | undefined;
  /** Recorded by all agents. */
  readonly events: number;
  /** What the kernel ran: calls, answers, timers, actions. */
  readonly steps: number;
  /** Virtual time that passed on each host. */
  readonly elapsedMs: number;
  /** What was performed, in order. */
  readonly script: readonly ScriptedAction[];
  /** Equal for two runs that were equal, event by event. */
  readonly digest: string;
  /** Empty unless they were asked for. */
  readonly journals: Journals;
  readonly world: World;
}

/** Time for the longest of stops, backoffs, restart limits and audits, one after another. */
const healMs = 180_000;
const healStepMs = 250;
/** In which nothing may be planned any more. */
const quietMs = 20_000;
/** The script ends here even when too little was recorded. */
const phaseMaxMs = 3_600_000;

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const violations: Violation[] = [];
  const world = createWorld({
    ...{ seed: options.seed, hosts: options.hosts, version: options.version ?? readVersion() },
    variation: drawVariation(options),
    onViolation: (violation) => violations.push(violation),
  });
  const journals = options.keepsJournal === true ? keepJournals(world) : undefined;
  const performer = createPerformer(world);
  const { crashes } = options;
  crashes?.forget();
  const isOver = (): boolean => violations.length > 0 || crashes?.seen() !== undefined;
  options.prepare?.(world);
  startWorld(world);
  const script = await performScript(world, options, performer.perform, isOver);
  if (!isOver() && options.endsUnhealed !== true) {
    await healAndJudge(world, options, performer, violations, isOver);
  }
  const detail = crashes?.seen();
  return {
    ...{ violations, script, world, events: world.events(), steps: world.kernel.steps() },
    elapsedMs: world.elapsedMs(),
    digest: world.hosts.map(({ watch }) => watch.digest().toString(16)).join('-'),
    crash: detail === undefined ? undefined : { atMs: world.elapsedMs(), detail },
    journals: journals?.() ?? new Map(),
  };
}

function drawVariation({ seed }: SimulationOptions): HostVariation {
  const rng = createRng(`${seed}/variation`);
  return { driver: rng.pick(['supervisorctl', 'rpc'] as const) };
}

async function performScript(
  world: World,
  options: SimulationOptions,
  perform: (action: ScriptedAction['action']) => void,
  isOver: () => boolean,
): Promise<readonly ScriptedAction[]> {
  const performed: ScriptedAction[] = [];
  const source = options.script ?? drawn(openScript(options));
  const startMs = world.kernel.now() - world.elapsedMs();
  for (const action of source) {
    if (options.script === undefined && world.events() >= options.events) break;
    if (action.atMs > phaseMaxMs) break;
    await world.kernel.run(startMs + action.atMs, isOver);
    if (isOver()) break;
    performed.push(action);
    perform(action.action);
    options.onProgress?.(world.events(), 'Faults');
  }
  await world.kernel.run(world.kernel.now() + 1_000, isOver);
  return performed;
}

function* drawn(source: ScriptSource): Generator<ScriptedAction> {
  for (;;) yield source.next();
}

async function healAndJudge(
  world: World,
  options: SimulationOptions,
  performer: ReturnType<typeof createPerformer>,
  violations: Violation[],
  isOver: () => boolean,
): Promise<void> {
  const { kernel } = world;
  performer.heal();
  // Long enough that everybody has seen what there is now.
  await kernel.run(kernel.now() + 8_000, isOver);
  for (const [index, host] of world.hosts.entries()) {
    performer.perform({ type: 'Confirm', host: index });
    for (const name of performer.operated) {
      const [id, app] = name.split(' ');
      if (id !== host.id || app === undefined) continue;
      performer.perform({ type: 'Operate', host: index, app, verb: 'start' });
    }
  }
  const names = Array.from({ length: options.apps }, (_, index) => appName(index));
  const faults = () =>
    world.hosts.flatMap((host) =>
      findEndFaults(pictureOf(world, host, names, performer.operated)).map((fault) => ({
        ...fault,
        host: host.id,
      })),
    );
  const endMs = kernel.now() + healMs;
  while (kernel.now() < endMs && !isOver() && faults().length > 0) {
    await kernel.run(kernel.now() + healStepMs, isOver);
    confirmWhatWaits(world, performer);
    options.onProgress?.(world.events(), 'Healed');
  }
  const complain = (invariant: InvariantName, host: string, detail: string): void => {
    violations.push({ invariant, host, atMs: world.elapsedMs(), detail });
  };
  if (isOver()) return;
  for (const { invariant, host, detail } of faults()) complain(invariant, host, detail);
  if (isOver()) return;
  await judgeQuiet(world, complain, isOver);
  if (isOver()) return;
  await judgeOperator({ world, performer, apps: names, complain, isOver });
  if (isOver()) return;
  // A new life of each agent must begin as the last one ended.
  for (const host of world.hosts) host.killAgent(0, 1);
  await kernel.run(kernel.now() + 1_000, isOver);
}

/** Somebody looks now and then, and gives the word that is asked for. */
function confirmWhatWaits(
  world: World,
  { perform, operated }: ReturnType<typeof createPerformer>,
): void {
  for (const [host, { id, loop }] of world.hosts.entries()) {
    removeTornFiles(hostOf(world, host));
    const held = loop()?.current().plan.held ?? [];
    const isAsked = held.some(
      ({ code }) => code === 'MassRemoval' || code === 'RemovalUnconfirmed',
    );
    if (isAsked) perform({ type: 'Confirm', host });
    for (const { app, code } of held) {
      if (code !== 'OperatorStop' || app === undefined || !operated.has(`${id} ${app}`)) continue;
      perform({ type: 'Operate', host, app, verb: 'start' });
    }
  }
}

/** Quiescence: whatever is recorded from now on, nothing is planned. */
async function judgeQuiet(
  world: World,
  complain: (invariant: InvariantName, host: string, detail: string) => void,
  isOver: () => boolean,
): Promise<void> {
  const { kernel } = world;
  // Looks that were put off for a moment are over by then, and an audit has found what a watch lost.
  await kernel.run(kernel.now() + 32_000, isOver);
  const before = world.hosts.map(({ watch }) => watch.events());
  await kernel.run(kernel.now() + quietMs, isOver);
  for (const [index, { id, watch }] of world.hosts.entries()) {
    const fresh = watch.events() - (before[index] ?? 0);
    const started = watch.tail
      .get()
      .slice(-Math.max(fresh, 1))
      .find(({ event }) => fresh > 0 && isChange(event));
    if (started === undefined) continue;
    complain('Quiescence', id, `event ${String(started.seq)} begins a plan in a quiet moment`);
  }
}

/** To look again now and then is no change. */
function isChange(event: Event): boolean {
  if (event.type !== 'PlanStarted') return false;
  return event.plan.steps.some(({ type }) => type !== 'ProbeHost' && type !== 'Reread');
}
