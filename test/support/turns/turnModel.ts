/**
 * In place of an agent the little of its state that wishes for turns: it changes its app in them, as
 * long as that takes, and notes what must never happen.
 */
import type { TurnKeeper } from '../../../effects/rollout/turnKeeper.ts';
import type { TurnWish } from '../../../src/domain/rollout/turn.ts';
import type { AppName, Revision } from '../../../src/domain/types.ts';
import type { Kernel } from '../../../src/simulate/kernel/kernel.ts';
import type { Rng } from '../../../src/simulate/kernel/rng.ts';
import type { LeasedEtcd } from '../leasedEtcd.ts';

export interface TurnWorldOptions {
  readonly seed: string;
  readonly hostCount: number;
  readonly maxUnavailable: number;
  readonly drainMs: number;
  /** So many are out of service from the start, until they are healed. */
  readonly sickCount: number;
}

export const app = 'web' as AppName;
/** What was on its way when a halt was written may still arrive. */
const inFlightMs = 3_500;

/** What an agent keeps in its journal. */
export interface Model {
  readonly name: string;
  instance: number;
  running: Revision;
  isUp: boolean;
  isOccupied: boolean;
  turn: 'None' | 'Open' | 'Failed' | 'Over';
  failed: Revision | undefined;
  life: { over: boolean; readonly keeper: TurnKeeper; readonly kill: () => void } | undefined;
}

/** What all hosts share. */
export interface SharedWorld {
  readonly options: TurnWorldOptions;
  readonly kernel: Kernel;
  readonly etcd: LeasedEtcd;
  readonly rng: Rng;
  readonly models: Model[];
  readonly faults: string[];
  readonly bad: Set<Revision>;
  wanted: Revision;
  isWithdrawn: boolean;
  callCount: number;
  halted: { readonly revision: Revision; readonly atMs: number } | undefined;
}

/** What an agent would wish now. */
function wishOf({ options, wanted, isWithdrawn }: SharedWorld, model: Model): TurnWish | undefined {
  const { running, turn, failed } = model;
  const { maxUnavailable, drainMs } = options;
  const wish = { app, kind: 'Change', maxUnavailable, drainMs, failure: undefined } as const;
  const failure = failed === undefined ? undefined : { code: 'E_BAD', reason: 'it fails' };
  switch (turn) {
    case 'None':
      if (running === wanted || failed === wanted || !model.isUp || isWithdrawn) return undefined;
      return { ...wish, revision: wanted, stage: 'Wanted' };
    case 'Open':
      return { ...wish, revision: wanted, stage: 'Taken' };
    case 'Failed':
      return { ...wish, revision: failed ?? wanted, stage: 'Failed', failure };
    case 'Over': {
      const isFailed = failed !== undefined && running !== wanted;
      return {
        ...wish,
        revision: failed ?? wanted,
        stage: 'Over',
        failure: isFailed ? failure : undefined,
      };
    }
  }
}

export function look(world: SharedWorld, model: Model): void {
  const { life } = model;
  if (life === undefined) return;
  if (model.turn === 'None' && !model.isUp && model.failed !== world.wanted) {
    // What is down serves nobody: it is changed at once.
    if (!world.bad.has(world.wanted)) model.running = world.wanted;
  }
  const wish = wishOf(world, model);
  life.keeper.want(wish === undefined ? [] : [wish]);
}

export function begin(world: SharedWorld, model: Model): void {
  const { options, models, faults, kernel, halted, wanted } = world;
  if (model.turn !== 'None') return;
  const others = models.filter((other) => other !== model);
  const out = others.filter(({ turn, isUp }) => turn !== 'None' || !isUp);
  if (out.length + 1 > options.maxUnavailable) {
    const names = out.map(({ name }) => name).join(', ');
    faults.push(`${model.name} began while ${names} were out of service`);
  }
  if (halted?.revision === wanted && kernel.now() - halted.atMs > inFlightMs) {
    faults.push(`${model.name} began ${wanted}, which is halted`);
  }
  model.turn = 'Open';
  model.isUp = false;
  const { life } = model;
  resumeWork(world, model, () => model.life !== life);
}

/** Stops it, changes it, and sees whether it runs; a life later it goes on with that. */
export function resumeWork(world: SharedWorld, model: Model, isOver: () => boolean): void {
  const { kernel, rng, bad } = world;
  const after = (run: () => void): void => {
    kernel.after(200 + rng.next() * 3_000, () => {
      if (isOver()) return;
      run();
      look(world, model);
    });
  };
  const finish = (): void => {
    model.isUp = true;
    model.turn = 'Over';
  };
  if (model.turn === 'Failed') after(finish);
  if (model.turn !== 'Open') return;
  after(() => {
    const { wanted } = world;
    if (!bad.has(wanted)) {
      model.running = wanted;
      finish();
      return;
    }
    model.failed = wanted;
    model.turn = 'Failed';
    after(finish);
  });
}
