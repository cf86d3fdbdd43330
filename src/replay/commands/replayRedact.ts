/** `--redact DIR`: a copy fit for a bug report, which is verified before it is handed out. */
import { resolve } from 'node:path';
import { exitDone, fail, misuse, tellWarning, writeJson } from '../../commands/commandIo.ts';
import { findJournal } from '../../journal/journalSources.ts';
import { readJournal } from '../../journal/readJournal.ts';
import { redactJournal } from '../redact/redactJournal.ts';
import { createSegmentWriter, type SegmentWriter } from '../redact/segmentWriter.ts';
import { refuse, type ReplayInput, tellTorn } from '../replayInput.ts';
import { verifyJournal } from '../verifyJournal.ts';

export async function replayRedact(input: ReplayInput): Promise<number> {
  const { io, replay, isJson, text } = input;
  const dir = resolve(io.workingDir, text('redact') ?? '');
  if (replay.sources.some(({ path }) => path === undefined)) {
    return misuse(io, {
      message: '--redact reads the journal twice: give a file, not standard input',
    });
  }
  let writer: SegmentWriter;
  try {
    writer = createSegmentWriter(dir);
  } catch (error) {
    return fail(io, isJson, {
      message: `cannot write ${dir}: ${textOf(error)}`,
      remedy: 'name a new directory',
    });
  }
  const outcome = await redactJournal(() => replay.read(), writer);
  replay.clearProgress();
  if (outcome.refusal !== undefined) return refuse(input, outcome.refusal);
  const copy = await findJournal([dir]);
  if (!copy.ok) return fail(io, isJson, { message: copy.error });
  const verification = await verifyJournal(readJournal(copy.value));
  if (verification.differences > 0 || verification.refusal !== undefined) {
    return fail(io, isJson, {
      message: `the copy in ${dir} does not verify: do not use it`,
      remedy: 'this is a fault in supervene: please report it',
    });
  }
  const { events, plans, otherPlans, firstOther } = outcome;
  if (isJson) writeJson(io, { dir, events, plans, otherPlans, firstOther: firstOther ?? null });
  else {
    io.writeOut(
      `${dir}: ${String(events)} events and ${String(plans)} plans, and the copy verifies\n`,
    );
    io.writeOut(whatStays);
  }
  if (otherPlans > 0) {
    const first = String(firstOther);
    const message = `${String(otherPlans)} plans of the copy decide otherwise than the original's, from event ${first} on`;
    tellWarning(io, {
      message,
      remedy: 'content that is refused may be refused for another reason',
    });
  }
  tellTorn(input, outcome.torn);
  return exitDone;
}

const whatStays = `gone: commands, environment values, paths, URLs, file texts and their hashes, whatever quotes them
kept: names of apps, hosts, users and variables, addresses, numbers, switches, times, reasons
look it over before you hand it on
`;

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
