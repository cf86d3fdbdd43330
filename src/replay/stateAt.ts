/** What was known at a moment of a journal. */
import { planOf } from '../../reducers/planOf.ts';
import type { State } from '../../reducers/state.ts';
import { describeState } from '../agent/view.ts';
import { fail } from '../commands/commandIo.ts';
import type { Plan } from '../domain/plan.ts';
import type { JournalHeader } from '../journal/segment.ts';
import { foldJournal, type Torn } from './foldJournal.ts';
import { isAfter, type Moment } from './moments.ts';
import { refuse, type ReplayInput } from './replayInput.ts';

export interface Known {
  readonly state: State;
  /** What would be done there, and what is held. */
  readonly plan: Plan;
  readonly header: JournalHeader;
  readonly torn: Torn | undefined;
}

/** After the last event that is not behind the moment; the exit code when there is none. */
export async function stateAt(
  input: ReplayInput,
  moment: Moment | undefined,
): Promise<Known | number> {
  const { replay } = input;
  let header: JournalHeader | undefined;
  let torn: Torn | undefined;
  let firstState: State | undefined;
  const { state, refusal } = await foldJournal(replay.read(moment), {
    checkpoints: 'adopt',
    segment: (beginning) => {
      ({ header } = beginning);
      firstState ??= beginning.state;
    },
    before: ({ seq, atMs }) => moment === undefined || !isAfter(moment, seq, atMs),
    torn: (found) => {
      torn = found;
    },
  });
  replay.clearProgress();
  if (refusal !== undefined) return refuse(input, refusal);
  if (state === undefined || header === undefined || firstState === undefined) {
    return fail(input.io, input.isJson, { message: 'there is no event in this journal' });
  }
  const outside = whyOutside(moment, firstState, state);
  if (outside !== undefined) return fail(input.io, input.isJson, { message: outside });
  return { state, plan: planOf(state), header, torn };
}

function whyOutside(moment: Moment | undefined, first: State, last: State): string | undefined {
  if (moment === undefined) return undefined;
  const isEarly =
    moment.type === 'Seq' ? moment.seq < first.seq : first.seq > 0 && moment.atMs < first.atMs;
  if (isEarly) return `the journal begins later, with event ${String(first.seq + 1)}`;
  if (moment.type === 'Seq' && moment.seq > last.seq) {
    return `the journal ends earlier, with event ${String(last.seq)}`;
  }
  return undefined;
}

/** Plain JSON, without file texts and environment values. */
export function describeKnown({ state, plan, header }: Known) {
  const facts = {
    version: header.supervene,
    pid: 0,
    startedAtMs: 0,
    appliedRevision: state.source.revision,
    journalFault: undefined,
  };
  const { host: _, ...described } = describeState({ state, plan }, facts);
  return {
    host: state.settings?.hostId ?? header.host,
    supervene: header.supervene,
    at: new Date(state.atMs).toISOString(),
    atMs: state.atMs,
    identity: state.identity,
    ...described,
  };
}
