/** The carrying out of what was asked for, as long as its dialog is there. */
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { rowKey } from '../../../domain/console/live.ts';
import { store } from '../core/store.ts';
import {
  type ActionPlan,
  type PlannedOrder,
  type ProgressByKey,
  reduceProgress,
  stepsOf,
} from './actionModel.ts';
import { askOrders } from './readOutcomes.ts';
import { type ActionEnd, runAction } from './runAction.ts';

export interface Run {
  readonly phase: 'Asking' | 'Running' | 'Over';
  readonly progress: ProgressByKey;
  readonly end: ActionEnd | undefined;
  readonly begin: (orders: readonly PlannedOrder[], isInTurns: boolean) => void;
  /** No further step. */
  readonly endHere: () => void;
}

const nothingYet: ProgressByKey = new Map();

export function useRun(plan: ActionPlan): Run {
  const [progress, tell] = useReducer(reduceProgress, nothingYet);
  const [phase, setPhase] = useState<Run['phase']>('Asking');
  const [end, setEnd] = useState<ActionEnd | undefined>(undefined);
  const ended = useRef(false);
  const gone = useRef(new AbortController());
  useEffect(() => () => gone.current.abort(), []);
  const begin: Run['begin'] = (orders, isInTurns) => {
    ended.current = false;
    tell({ type: 'Begun', orders });
    setPhase('Running');
    const { signal } = gone.current;
    void runAction(stepsOf({ ...plan, orders }, isInTurns), {
      ask: (step, onOutcome) => askOrders(step, onOutcome, signal),
      tell,
      rowOf: ({ app = '', host }) => store.state().fleet?.rows.get(rowKey({ app, host })),
      isEnded: () => ended.current || signal.aborted,
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    }).then((how) => {
      if (signal.aborted) return;
      setEnd(how);
      setPhase('Over');
    });
  };
  const endHere = (): void => {
    ended.current = true;
  };
  return { phase, progress, end, begin, endHere };
}
