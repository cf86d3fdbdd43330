/**
 * A copy of a journal that is fit for a bug report, and consistent in itself.
 *
 * Plans follow from contents, and hashes from texts; so contents are redacted, the events folded anew
 * and every plan and checkpoint derived from that. The first pass learns what is secret and which
 * hash belongs to which text, since a file may be seen before its content is known; the second writes.
 */
import { mapChangedKeys, mapEntries, mapGet } from '../../../reducers/persistentMap.ts';
import { planOf } from '../../../reducers/planOf.ts';
import { reduce } from '../../../reducers/reduce.ts';
import type { AppState, Version } from '../../../reducers/appState.ts';
import { initialState, type State } from '../../../reducers/state.ts';
import { encodeState } from '../../../reducers/stateCodec.ts';
import type { Event, Recorded } from '../../domain/event.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Sha256 } from '../../domain/types.ts';
import type { JournalItem } from '../../journal/journalItem.ts';
import { foldJournal, type Refusal, type SegmentBeginning, type Torn } from '../foldJournal.ts';
import { createPlaceholders } from './placeholders.ts';
import { redactEntry } from './redactContent.ts';
import { redactEvent, redactSettings, type Redaction } from './redactEvent.ts';
import { quotedIn } from './redactRefusal.ts';
import { redactFloors, redactState, redactVersion } from './redactState.ts';
import type { SegmentWriter } from './segmentWriter.ts';

export interface RedactOutcome {
  readonly events: number;
  readonly plans: number;
  /** Plans that are not what the original is but for its texts. */
  readonly otherPlans: number;
  /** Event of the first of those. */
  readonly firstOther: number | undefined;
  readonly torn: Torn | undefined;
  readonly refusal: Refusal | undefined;
}

/** `read` gives the journal from its beginning, twice. */
export async function redactJournal(
  read: () => AsyncIterable<JournalItem>,
  writer: SegmentWriter,
): Promise<RedactOutcome> {
  const known = await learnJournal(read());
  const counts = { plans: 0, otherPlans: 0 };
  let firstOther: number | undefined;
  if (known.refusal !== undefined) {
    return { events: 0, ...counts, firstOther, torn: undefined, refusal: known.refusal };
  }
  const { redaction } = known;
  let redacted: State | undefined;
  let torn: Torn | undefined;
  const { events, refusal } = await foldJournal(read(), {
    checkpoints: 'compare',
    segment: (beginning) => {
      redacted = beginRedacted(beginning, redacted, redaction);
      const settings = redactSettings(beginning.header.settings, redaction.placeholders);
      writer.begin({ ...beginning.header, settings, checkpoint: encodeState(redacted) });
    },
    before: (recorded) => {
      const state: State = redacted ?? initialState;
      const event = redactEvent(recorded.event, redaction, () => planOf(state));
      if (event.type === 'PlanStarted' && recorded.event.type === 'PlanStarted') {
        counts.plans += 1;
        if (outlineOf(event.plan) !== outlineOf(recorded.event.plan)) {
          counts.otherPlans += 1;
          firstOther ??= recorded.seq;
        }
      }
      const copy: Recorded = asRead({ ...recorded, event });
      writer.append(copy);
      redacted = reduce(state, copy);
      return true;
    },
    torn: (found) => {
      torn = found;
    },
  });
  writer.close();
  return { events, ...counts, firstOther, torn, refusal };
}

/** What the reducer sees now is what it will see when the copy is read. */
function asRead(recorded: Recorded): Recorded {
  return JSON.parse(JSON.stringify(recorded)) as Recorded;
}

/** Goes on with what was folded, where the original does. */
function beginRedacted(
  { fit, state, header }: SegmentBeginning,
  redacted: State | undefined,
  redaction: Redaction,
): State {
  if (fit === 'Equal' && redacted !== undefined) return redacted;
  if (fit === 'Anew') {
    const floors = redactFloors(state.floors, redaction);
    return { ...initialState, seq: header.firstSeq - 1, atMs: state.atMs, floors };
  }
  return redactState(state, redaction);
}

/** What a plan decides, without texts and hashes. */
function outlineOf({ steps, held, revision, wakeAtMs }: Plan): string {
  const outline = steps.map((step) => {
    if (step.type === 'UpdateGroups') return [step.type, step.groups];
    const app = 'app' in step ? step.app : undefined;
    return [step.type, app, 'processes' in step ? step.processes : undefined, step.because];
  });
  const holds = held.map(({ app, code, untilMs }) => [app, code, untilMs]);
  return JSON.stringify([outline, holds, revision, wakeAtMs]);
}

interface Learnt {
  readonly redaction: Redaction;
  readonly refusal: Refusal | undefined;
}

/** A shorter one may be a word of any text. */
const quotedMin = 6;

async function learnJournal(items: AsyncIterable<JournalItem>): Promise<Learnt> {
  const placeholders = createPlaceholders();
  const hashes = new Map<Sha256, Sha256>();
  const seen = new WeakSet<Version>();
  const learnApp = (app: AppState, { settings }: State): void => {
    for (const version of versionsOf(app)) {
      if (seen.has(version)) continue;
      seen.add(version);
      const own = settings === undefined ? undefined : redactSettings(settings, placeholders);
      const redacted = redactVersion(app, version, own, placeholders);
      hashes.set(version.sha256, redacted.sha256);
      hashes.set(version.heldSha256, redacted.heldSha256);
    }
  };
  const learnRefusal = (detail: string): void => {
    const value = quotedIn(detail) ?? '';
    if (value.length >= quotedMin) placeholders.learn(value);
  };
  const learnEvent = (event: Event): void => {
    if (event.type === 'RereadRefused') learnRefusal(event.detail);
    if (event.type !== 'DesiredListed' && event.type !== 'DesiredChanged') return;
    for (const entry of event.entries) redactEntry(entry, placeholders);
  };
  const { refusal } = await foldJournal(items, {
    checkpoints: 'compare',
    segment: ({ state, fit }) => {
      if (fit === 'Equal') return;
      learnRefusal(state.supervisor.refusal?.detail ?? '');
      for (const [, app] of mapEntries(state.appsByName)) {
        if (app.entry !== undefined) redactEntry(app.entry, placeholders);
        learnApp(app, state);
      }
    },
    after: ({ event }, before, after) => {
      learnEvent(event);
      for (const name of mapChangedKeys(before.appsByName, after.appsByName)) {
        const app = mapGet(after.appsByName, name);
        if (app !== undefined) learnApp(app, after);
      }
    },
  });
  const hash = (sha256: Sha256): Sha256 =>
    hashes.get(sha256) ?? (placeholders.hash(sha256) as Sha256);
  return { redaction: { placeholders, hash }, refusal };
}

function versionsOf({ desired, released, written, lastGood, trial }: AppState): readonly Version[] {
  const wanted = [desired, released].flatMap((each) =>
    each.type === 'Wanted' ? [each.version] : [],
  );
  return [...wanted, written, lastGood, trial?.version].filter((each) => each !== undefined);
}
