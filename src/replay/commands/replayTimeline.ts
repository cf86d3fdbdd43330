/** The default view: what happened, event by event. */
import { exitDone } from '../../commands/commandIo.ts';
import type { Moment } from '../moments.ts';
import { readMoments, refuse, type ReplayInput } from '../replayInput.ts';
import { writeTimeline } from '../timeline.ts';

/** How many events before and behind `--at` are shown. */
const around = 12;

export async function replayTimeline(input: ReplayInput): Promise<number> {
  const { io, replay, isJson, has, text } = input;
  const given = readMoments(input, 'since', 'until', 'at');
  if (typeof given === 'number') return given;
  const { since, until } = given.at === undefined ? given : aroundMoment(given.at);
  const pager = isJson ? undefined : io.openPager?.();
  if (pager !== undefined) replay.clearProgress();
  const writeOut = pager === undefined ? io.writeOut : pager.write;
  const flush = pager === undefined ? io.flush : pager.flush;
  const folded = await writeTimeline(
    replay.read(since),
    {
      outHasColours: io.outHasColours,
      writeOut: (output) => {
        replay.clearProgress();
        writeOut(output);
      },
    },
    {
      app: text('app'),
      since,
      until,
      isAll: has('all') || given.at !== undefined,
      isJson,
      pause: async () => flush?.(),
    },
  );
  await pager?.close();
  return folded.refusal === undefined
    ? exitDone
    : refuse({ ...input, isJson: false }, folded.refusal);
}

function aroundMoment(at: Moment): { readonly since: Moment; readonly until: Moment } {
  if (at.type === 'Seq') {
    return {
      since: { type: 'Seq', seq: at.seq - around },
      until: { type: 'Seq', seq: at.seq + around },
    };
  }
  return {
    since: { type: 'Time', atMs: at.atMs - aroundMs },
    until: { type: 'Time', atMs: at.atMs + aroundMs },
  };
}

const aroundMs = 5_000;
