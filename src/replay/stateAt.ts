/** What was known at a moment of a journal. */
import { planOf } from '../../reducers/planOf.ts';
import type { State } from '../../reducers/state.ts';
import { fail } from '../commands/commandIo.ts';
import type { JournalHeader } from '../journal/segment.ts';
import type { Known } from './describeKnown.ts';
import { foldJournal, type Torn } from './foldJournal.ts';
import { isAfter, type Moment } from './moments.ts';
import { refuse, type ReplayInput } from './replayInput.ts';

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
