/** `--verify`: whether this version decides as the one that wrote the journal. */
import { exitDifferent, exitDone, writeJson } from '../../commands/commandIo.ts';
import { colourDiff } from '../../commands/unifiedDiff.ts';
import { refuse, type ReplayInput, tellTorn } from '../replayInput.ts';
import { type Difference, type Verification, verifyJournal } from '../verifyJournal.ts';

export async function replayVerify(input: ReplayInput): Promise<number> {
  const { io, replay, isJson } = input;
  const verification = await verifyJournal(replay.read());
  replay.clearProgress();
  const { refusal, differences } = verification;
  if (!isJson) {
    tell(input, verification);
    tellTorn(input, verification.torn);
  } else if (refusal === undefined) {
    const { first, ...rest } = verification;
    writeJson(io, { isEqual: differences === 0, ...rest, first: first ?? null });
  }
  if (refusal !== undefined) return refuse(input, refusal);
  return differences === 0 ? exitDone : exitDifferent;
}

function tell({ io, version }: ReplayInput, verification: Verification): void {
  const { events, plans, checkpoints, differences, first, notes, refusal } = verification;
  for (const note of notes) io.writeOut(`${note}\n`);
  const scope = `${String(events)} events, ${String(plans)} plans, ${String(checkpoints)} checkpoints`;
  if (differences === 0) {
    const end = refusal === undefined ? '' : ' before the place below';
    io.writeOut(`${scope}: all as supervene ${version} decides${end}\n`);
    return;
  }
  const what = differences === 1 ? '1 differs' : `${String(differences)} differ`;
  io.writeOut(`${scope}: ${what} from what supervene ${version} decides; the first one:\n\n`);
  if (first !== undefined) io.writeOut(describe(first, io.outHasColours));
}

function describe({ what, seq, place, recorded, derived, diff }: Difference, hasColours: boolean) {
  const order = diff === '' ? 'Only the order of keys differs.\n' : '';
  return (
    `${what} of event ${String(seq)}, ${place}\n${order}${colourDiff(diff, hasColours)}\n` +
    `recorded:    ${recorded}\nderived now: ${derived}\n`
  );
}
