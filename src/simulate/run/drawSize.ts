/** How big a simulation of a soak is: every seed draws its own. */
import { createRng } from '../kernel/rng.ts';
import { faultNames } from '../script/faults.ts';
import type { Size } from './request.ts';

export function drawSize(seed: string): Size {
  const rng = createRng(`${seed}/size`);
  const which = rng.pick(['none', 'some', 'all', 'all'] as const);
  const share = 0.1 + 0.8 * rng.next();
  return {
    seed,
    hosts: 1 + rng.below(5),
    apps: 3 + rng.below(38),
    // Small ones are quick to understand and many; large ones reach further.
    events: Math.round(500 * 40 ** rng.next()),
    faults: faultNames.filter(() => which === 'all' || (which === 'some' && rng.chance(share))),
  };
}
