/**
 * Carries out what was planned, step by step: the next one only when all of the one before was done
 * and runs again. Everything it knows of the world is handed in.
 */
import type { ApiFault, OrderOutcome } from '../../../domain/console/api.ts';
import type { FleetRow } from '../../../domain/fleet/fleetRow.ts';
import type { Result } from '../../../domain/result.ts';
import { isBack, type PlannedOrder, type ProgressEvent } from './actionModel.ts';

export interface ActionDeps {
  readonly ask: (
    orders: readonly PlannedOrder[],
    tell: (outcome: OrderOutcome) => void,
  ) => Promise<Result<void, ApiFault>>;
  readonly tell: (event: ProgressEvent) => void;
  readonly rowOf: (order: PlannedOrder) => FleetRow | undefined;
  /** Somebody wants no further step. */
  readonly isEnded: () => boolean;
  readonly pause: (ms: number) => Promise<void>;
}

export type ActionEnd =
  | Readonly<{ type: 'Asked' }>
  | Readonly<{ type: 'StepFailed' }>
  | Readonly<{ type: 'NotBack' }>
  | Readonly<{ type: 'Ended' }>
  | Readonly<{ type: 'Fault'; fault: ApiFault }>;

const lookEveryMs = 250;
const looksMax = 240;

export async function runAction(
  steps: readonly (readonly PlannedOrder[])[],
  deps: ActionDeps,
): Promise<ActionEnd> {
  for (const [index, step] of steps.entries()) {
    if (deps.isEnded()) return { type: 'Ended' };
    const before = new Map(step.map((order) => [order.key, deps.rowOf(order)]));
    deps.tell({ type: 'StepAsked', orders: step });
    let done = 0;
    const asked = await deps.ask(step, (outcome) => {
      if (outcome.state === 'Done') done += 1;
      deps.tell({ type: 'OutcomeTold', outcome });
    });
    const detail = asked.ok ? '' : asked.error.error;
    deps.tell({ type: 'StepEnded', orders: step, detail });
    if (!asked.ok) return { type: 'Fault', fault: asked.error };
    if (index === steps.length - 1) break;
    if (done < step.length) return { type: 'StepFailed' };
    const end = await waitUntilBack(step, before, deps);
    if (end !== undefined) return end;
  }
  return { type: 'Asked' };
}

async function waitUntilBack(
  step: readonly PlannedOrder[],
  before: ReadonlyMap<string, FleetRow | undefined>,
  deps: ActionDeps,
): Promise<ActionEnd | undefined> {
  for (let looks = 0; looks < looksMax; looks += 1) {
    if (step.every((order) => isBackSince(before.get(order.key), deps.rowOf(order)))) {
      return undefined;
    }
    await deps.pause(lookEveryMs);
    if (deps.isEnded()) return { type: 'Ended' };
  }
  return { type: 'NotBack' };
}

/** What ran before must be another run by now: an older word of the host is none of this one. */
function isBackSince(before: FleetRow | undefined, now: FleetRow | undefined): boolean {
  if (!isBack(now)) return false;
  return (before?.processes ?? []).every((was) => {
    const is = now?.processes.find(({ id }) => id === was.id);
    return was.state !== 'RUNNING' || is?.pid !== was.pid || is.startSec !== was.startSec;
  });
}
