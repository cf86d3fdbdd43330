/** What was taken on: in order for each app, apart from one another, and never more than a few. */
import type { FleetOrder } from '../../domain/fleet/fleetRequest.ts';

/** At once, and of one app. */
const actsMax = 32;
const actsOfOneMax = 8;

export interface Queue {
  /** Begun when what was added for the same app before is over. */
  add(order: FleetOrder, maxMs: number, run: () => Promise<void>): void;
  /** How long all that is before it may take. */
  owedMs(order: FleetOrder): number;
  /** Why one more cannot be taken on. */
  whyFull(order: FleetOrder): string | undefined;
  drained(): Promise<void>;
}

interface Lane {
  tail: Promise<void>;
  owedMs: number;
  count: number;
}

export function createQueue(): Queue {
  const lanes = new Map<string, Lane>();
  const laneOf = (order: FleetOrder): string => (order.type === 'Confirm' ? '' : order.app);
  return {
    add: (order, maxMs, run) => {
      const name = laneOf(order);
      const lane = lanes.get(name) ?? { tail: Promise.resolve(), owedMs: 0, count: 0 };
      lanes.set(name, lane);
      lane.owedMs += maxMs;
      lane.count += 1;
      lane.tail = lane.tail.then(run).then(() => {
        lane.owedMs -= maxMs;
        lane.count -= 1;
        if (lane.count === 0) lanes.delete(name);
      });
    },
    owedMs: (order) => lanes.get(laneOf(order))?.owedMs ?? 0,
    whyFull: (order) => {
      const all = [...lanes.values()].reduce((sum, { count }) => sum + count, 0);
      const ofOne = lanes.get(laneOf(order))?.count ?? 0;
      if (all < actsMax && ofOne < actsOfOneMax) return undefined;
      return `busy with ${all} other requests: try again`;
    },
    drained: async () => {
      await Promise.all([...lanes.values()].map(({ tail }) => tail));
    },
  };
}
