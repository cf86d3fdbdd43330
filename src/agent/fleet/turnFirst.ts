/** What has to be done before people may stop a running app that is published with a rollout. */
import { mapGet } from '../../../reducers/persistentMap.ts';
import type { State } from '../../../reducers/state.ts';
import type { FleetOrder } from '../../domain/fleet/fleetRequest.ts';
import { revisionZero } from '../../domain/types.ts';
import type { AsideWish } from '../rollout/turnsAside.ts';

export type ControlOrder = Extract<FleetOrder, { type: 'Start' | 'Stop' | 'Restart' }>;

/** Until those who send traffic have taken it in, and etcd has answered. */
const sendersMaxMs = 20_000;
/** Other hosts, which may be at their turns. */
const othersMaxMs = 120_000;

export interface TurnFirst {
  readonly wish: AsideWish;
  readonly maxMs: number;
}

/**
 * A stop says first that no new traffic is wanted; what comes back after it takes a turn as well. A halt is
 * of content that is to come, and not of what runs. Undefined when neither is needed.
 */
export function turnFor(state: State, { type, app: name }: ControlOrder): TurnFirst | undefined {
  if (type === 'Start') return undefined;
  const { rollout } = mapGet(state.appsByName, name) ?? {};
  const isServing = (mapGet(state.groups, name) ?? []).some(
    (one) => one.state === 'RUNNING' || one.state === 'STARTING',
  );
  if (rollout === undefined || !isServing) return undefined;
  const { drainMs = 0 } = rollout;
  const maxUnavailable = type === 'Restart' ? rollout.maxUnavailable : undefined;
  if (drainMs === 0 && maxUnavailable === undefined) return undefined;
  const kind = type === 'Restart' ? 'Change' : 'Removal';
  const wish = { app: name, kind, revision: revisionZero, maxUnavailable, drainMs } as const;
  const othersMs = maxUnavailable === undefined ? 0 : othersMaxMs;
  return { wish, maxMs: drainMs + sendersMaxMs + othersMs };
}
