/** What every step of a turn is given. */
import type { SchedulerLike } from 'rxjs';
import type { Range } from '../../src/domain/etcdCalls.ts';
import type { Event } from '../../src/domain/event.ts';
import type { Placement } from '../../src/domain/placement.ts';
import type { TurnSelf } from '../../src/domain/rollout/turnPlaces.ts';
import type { AppName } from '../../src/domain/types.ts';
import type { TurnKeys } from './turnKeys.ts';
import type { TurnLease } from './turnLease.ts';

export type TurnNews = Extract<Event, { type: 'TurnAwaited' | 'TurnTaken' | 'TurnEnded' }>;

export interface Roll {
  readonly keys: TurnKeys;
  readonly range: Range;
  readonly lease: TurnLease;
  readonly self: TurnSelf;
  readonly options: { readonly fleetPrefix: string; readonly isReporting: boolean };
  /** Another agent reports for this host. */
  readonly isOccupied: () => boolean;
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
  /** Where an app is to be; undefined when that is not known. */
  readonly placementOf: (app: AppName) => Placement | undefined;
  readonly tell: (news: TurnNews) => void;
  readonly warn: (app: AppName, text: string) => void;
  readonly over: AbortSignal;
}
