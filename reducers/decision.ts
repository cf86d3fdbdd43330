/** What a decision on one app is made of: see `decide.ts`. */
import type { Held, HeldCode, PlanStep } from '../src/domain/plan.ts';
import type { TurnWish } from '../src/domain/rollout/turn.ts';
import type { ProcessStatus, Revision } from '../src/domain/types.ts';
import { type AppState, asAppName } from './appState.ts';
import type { State } from './state.ts';

export type AppStep = Extract<
  PlanStep,
  { type: 'ProbeHost' | 'WriteFile' | 'RemoveFile' | 'StopProcesses' | 'StartProcesses' }
>;

export interface Decision {
  /** One word for people: where this app stands. */
  readonly status: AppStatus;
  readonly step: AppStep | undefined;
  /** Ready for `supervisorctl update`: nothing of it runs any more. */
  readonly update:
    { readonly change: 'Added' | 'Changed' | 'Removed'; readonly because: string } | undefined;
  readonly needsReread: boolean;
  readonly held: Held | undefined;
  readonly wakeAtMs: number | undefined;
  /** Something is to be seen soon: poll fast. */
  readonly isWaiting: boolean;
  /** What is to be done next needs a turn, and there is none. */
  readonly turn?: TurnNeed;
}

export interface TurnNeed {
  readonly kind: TurnWish['kind'];
  readonly revision: Revision;
}

export type AppStatus =
  | 'converged'
  | 'converging'
  | 'held'
  | 'quarantined'
  | 'refused'
  | 'pending'
  | 'failed'
  | 'removing'
  | 'unknown';

/** Nothing to do and nothing to say. */
export const idle: Decision = {
  status: 'converged',
  step: undefined,
  update: undefined,
  needsReread: false,
  held: undefined,
  wakeAtMs: undefined,
  isWaiting: false,
};

/** All that a decision rests on. */
export interface Scene {
  readonly state: State;
  readonly settings: NonNullable<State['settings']>;
  readonly app: AppState;
  readonly processes: readonly ProcessStatus[];
  readonly nowMs: number;
}

export function hold(
  { app, nowMs }: Scene,
  code: HeldCode,
  reason: string,
  status: AppStatus,
  untilMs?: number,
): Decision {
  const held: Held = { app: asAppName(app), code, reason, untilMs };
  const wakeAtMs = untilMs !== undefined && untilMs > nowMs ? untilMs : undefined;
  return { ...idle, status, held, wakeAtMs };
}

export function stepDecision(appStep: AppStep, status: AppStatus): Decision {
  return { ...idle, status, step: appStep };
}
