/** `supervene status`: which app runs on which host, and where not, why not. */
import type { CommandRun } from '../command.ts';
import { type CommandIo, exitDifferent, exitDone, fail, misuse, writeJson } from '../commandIo.ts';
import { type FleetAccess, openFleet } from './openFleet.ts';
import { statusDocument } from './statusJson.ts';
import { focusLines, focusOn, readStatusWish, type StatusWish } from './statusWish.ts';
import { watchStatus } from './watchStatus.ts';

export const runStatus: CommandRun = async (input) => {
  const { io, settings } = input;
  const wish = readStatusWish(input);
  if (!wish.ok) return misuse(io, wish.error);
  const fleet = await openFleet(settings);
  if (!fleet.ok) return fail(io, wish.value.isJson, { ...fleet.error });
  try {
    if (wish.value.isWatch) return await watchStatus(io, fleet.value, wish.value);
    return await showStatus(io, fleet.value, wish.value);
  } finally {
    fleet.value.close();
  }
};

async function showStatus(io: CommandIo, fleet: FleetAccess, wish: StatusWish): Promise<number> {
  const reading = await fleet.read();
  if (!reading.ok) return fail(io, wish.isJson, { ...reading.error });
  const { view, revision } = reading.value;
  const focus = focusOn(view, wish);
  if (!focus.ok) return fail(io, wish.isJson, { ...focus.error });
  const { summary } = focus.value;
  if (wish.isJson) writeJson(io, statusDocument(revision, summary));
  else {
    const lines = focusLines(focus.value, view, {
      columns: io.terminal?.columns(),
      hasColours: io.outHasColours,
      nowMs: Date.now(),
      isWhole: wish.isWhole,
      isWrapped: wish.isWhole || wish.name !== undefined,
    });
    io.writeOut(`${lines.join('\n')}\n`);
    if (view.hosts.length === 0) io.writeError(`${noReports}\n`);
  }
  return summary.isConverged ? exitDone : exitDifferent;
}

const noReports =
  'no host has reported yet: do agents run, with this --etcd and --fleet-prefix, and may they write there?';
