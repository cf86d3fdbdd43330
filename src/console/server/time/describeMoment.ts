/** `moment` of what was folded: what was known after an event, as `supervene replay` would say it. */
import { planOf } from '../../../../reducers/planOf.ts';
import { reduce } from '../../../../reducers/reduce.ts';
import type { State } from '../../../../reducers/state.ts';
import type {
  MomentApp,
  MomentChain,
  MomentDocument,
  MomentPart,
} from '../../../domain/console/timeApi.ts';
import type { Recorded } from '../../../domain/event.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { describeKnown } from '../../../replay/describeKnown.ts';
import { createChainBuilder, describeChain } from '../../../replay/explainApp.ts';
import { planRemarks } from '../../../replay/narrate/planRemarks.ts';
import type { Remark } from '../../../replay/narrate/remark.ts';
import { type Block, type FoldedJournal, recordsOf } from './foldedJournal.ts';
import { linesOf } from './linesOf.ts';

export interface MomentWish {
  readonly host: string;
  readonly seq: number;
  /** Whose chain of reasons is told. */
  readonly app: string | undefined;
}

/** The error is a sentence. */
export function describeMoment(
  folded: FoldedJournal,
  wish: MomentWish,
): Result<MomentDocument, string> {
  const { seq, app } = wish;
  const block = folded.blocks.findLast(({ firstSeq }) => firstSeq - 1 <= seq);
  if (block === undefined || seq > folded.last.seq) return err(whyOutside(folded, seq));
  let state = block.before;
  walk(block, seq, (_, __, after) => {
    state = after;
  });
  if (state.seq !== seq) return err(`event ${String(seq)} was never written`);
  const plan = planOf(state);
  const known = describeKnown({ state, plan, header: block.header, torn: undefined });
  const said = folded.tellings.findLast((telling) => telling.seq === seq);
  const { desired, actual, held, supervene } = known;
  const { supervisor, confDir } = actual;
  return ok({
    ...{ host: wish.host, seq, atMs: state.atMs, supervene },
    type: said?.type ?? null,
    lines: linesOf(said?.remarks ?? []),
    etcd: { ...partOf(desired, desired.lost?.detail), revision: desired.revision },
    supervisord: {
      ...partOf(supervisor, supervisor.error?.detail),
      version: supervisor.version ?? null,
    },
    files: partOf({ status: confDir.status }, confDir.detail),
    apps: appsOf(known),
    plan: linesOf(state.running === undefined ? planRemarks(plan) : begunRemarks(folded, seq)),
    running: state.running ?? null,
    wakeAtMs: plan.wakeAtMs ?? null,
    held: held.map(({ app: about, code, reason, untilMs }) => {
      return { app: about ?? null, code, reason, untilMs: untilMs ?? null };
    }),
    chain: app === undefined ? null : chainOf(folded, app, seq),
  });
}

/** What is being carried out was decided when it was begun. */
function begunRemarks({ tellings }: FoldedJournal, seq: number): readonly Remark[] {
  const begun = tellings.findLast((one) => one.seq <= seq && one.type === 'PlanStarted');
  return (begun?.remarks ?? []).filter(({ kind }) => kind === 'decided');
}

function whyOutside({ first, last, damage }: FoldedJournal, seq: number): string {
  const range = `events ${String(first.seq + 1)} to ${String(last.seq)}`;
  const why = damage === undefined ? '' : `; ${damage}`;
  return `event ${String(seq)} is not among what can be read, ${range}${why}`;
}

/** Up to the event `toSeq`. */
function walk(
  block: Block,
  toSeq: number,
  each: (recorded: Recorded, before: State, after: State) => void,
): State {
  let state = block.before;
  for (const recorded of recordsOf(block)) {
    if (recorded.seq > toSeq) break;
    const before = state;
    state = reduce(before, recorded);
    each(recorded, before, state);
  }
  return state;
}

function partOf(
  { status, sinceMs }: { readonly status: string; readonly sinceMs?: number },
  detail: string | undefined,
): MomentPart {
  return {
    status,
    sinceMs: sinceMs === undefined || sinceMs === 0 ? null : sinceMs,
    detail: detail === undefined || detail === '' ? null : detail,
  };
}

function appsOf({
  desired,
  actual,
  quarantined,
}: ReturnType<typeof describeKnown>): readonly MomentApp[] {
  const wantedByApp = new Map(desired.apps.map((one) => [one.app, one]));
  return actual.apps.map((is) => {
    const wanted = wantedByApp.get(is.app);
    const refused = quarantined
      .filter(({ app }) => app === is.app)
      .map(({ code, reason }) => `${code}: ${reason}`);
    const details = [...refused, wanted?.missing === undefined ? '' : `no ${wanted.missing}`];
    const detail = details.filter((text) => text !== '').join('; ');
    return {
      app: is.app,
      status: is.status,
      desired: {
        type: wanted?.type ?? 'Absent',
        revision: wanted?.revision ?? null,
        detail: detail === '' ? null : detail,
      },
      actual: {
        revision: is.appliedRevision ?? null,
        failure: is.failure ?? null,
        isStoppedByOperator: is.operatorHold !== undefined,
        processes: is.processes.map(({ id, state, pid }) => ({ id, state, pid })),
      },
    };
  });
}

/** From the beginning of what was read. */
function chainOf({ blocks, first }: FoldedJournal, app: string, seq: number): MomentChain | null {
  const builder = createChainBuilder(app);
  let state: State | undefined;
  for (const block of blocks) {
    if (state !== undefined && block.firstSeq > seq) break;
    if (block.isBeginning) builder.begin(block.before);
    state = walk(block, seq, builder.add);
  }
  const chain = builder.chain();
  if (state === undefined || !chain.isKnown) return null;
  const { status, statusSeq, statusMs, omitted, chain: events } = describeChain(app, state, chain);
  return {
    ...{ app, status, statusSeq, statusMs, omitted, fromSeq: first.seq },
    events: events.map((telling) => ({
      seq: telling.seq,
      atMs: telling.atMs,
      lines: linesOf(telling.remarks),
    })),
  };
}
