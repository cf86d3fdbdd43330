/** `--plans`: every plan of a stretch with its reasons and what came of it, or the plan at a moment. */
import type { Held, Plan } from '../../domain/plan.ts';
import type { Event, Recorded } from '../../domain/event.ts';
import { describePlan } from '../../agent/view.ts';
import { type CommandIo, exitDone, writeJson } from '../../commands/commandIo.ts';
import { paint, visible } from '../../commands/textTable.ts';
import { foldJournal } from '../foldJournal.ts';
import { clockText, durationText, isAfter, isBefore, momentText } from '../moments.ts';
import { isWorthSaying } from '../narrate/heldRemarks.ts';
import { planRemarks } from '../narrate/planRemarks.ts';
import { readMoments, refuse, type ReplayInput } from '../replayInput.ts';
import { stateAt } from '../stateAt.ts';

interface Told {
  readonly seq: number;
  readonly atMs: number;
  readonly plan: Plan;
  /** What came between its start and its end, but for looks. */
  readonly outcomes: Recorded[];
  endedMs: number | undefined;
}

export async function replayPlans(input: ReplayInput): Promise<number> {
  const given = readMoments(input, 'at', 'since', 'until');
  if (typeof given === 'number') return given;
  if (given.at !== undefined) return planAt(input);
  const { io, replay, isJson, text } = input;
  const app = text('app');
  const { since, until } = given;
  let current: Told | undefined;
  let count = 0;
  const pager = isJson ? undefined : io.openPager?.();
  const out = { ...io, writeOut: pager?.write ?? io.writeOut };
  const end = (): void => {
    if (current !== undefined && concerns(current.plan, app)) {
      replay.clearProgress();
      tell(out, current, isJson, count === 0);
      count += 1;
    }
    current = undefined;
  };
  const { refusal } = await foldJournal(replay.read(since), {
    checkpoints: 'adopt',
    before: ({ seq, atMs }) => until === undefined || !isAfter(until, seq, atMs),
    after: (recorded) => {
      const { seq, atMs, event } = recorded;
      if (event.type === 'AgentStarted') end();
      if (event.type === 'PlanStarted' && !(since !== undefined && isBefore(since, seq, atMs))) {
        current = { seq, atMs, plan: event.plan, outcomes: [], endedMs: undefined };
      } else if (event.type === 'PlanFinished') {
        if (current !== undefined) current.endedMs = atMs;
        end();
      } else if (isOutcome(event)) current?.outcomes.push(recorded);
    },
    pause: async () => (pager ?? io).flush?.(),
  });
  end();
  if (isJson && refusal === undefined) io.writeOut(count === 0 ? '{"plans":[]}\n' : '\n]}\n');
  else if (count === 0 && refusal === undefined) out.writeOut('no plans\n');
  await pager?.close();
  return refusal === undefined
    ? exitDone
    : refuse({ ...input, isJson: isJson && count === 0 }, refusal);
}

async function planAt(input: ReplayInput): Promise<number> {
  const { io, isJson } = input;
  const given = readMoments(input, 'at');
  if (typeof given === 'number') return given;
  const known = await stateAt(input, given.at);
  if (typeof known === 'number') return known;
  const { state, plan } = known;
  const { seq, atMs, running } = state;
  if (isJson) {
    writeJson(io, { seq, atMs, running, plan: { ...describePlan(plan), held: plan.held } });
    return exitDone;
  }
  const open = running === undefined ? '' : `; ${running} is being carried out`;
  io.writeOut(`after event ${String(seq)}, ${momentText(atMs)}${open}\n`);
  if (plan.steps.length === 0) io.writeOut('  nothing to do\n');
  io.writeOut(planText(plan, plan.held, io.outHasColours));
  return exitDone;
}

const looks: ReadonlySet<Event['type']> = new Set<Event['type']>([
  'HostProbed',
  'FileWritten',
  'FileRemoved',
  'FileFailed',
  'RereadDone',
  'RereadRefused',
  'RereadFailed',
  'StopsRequested',
  'StopsFailed',
  'GroupsUpdated',
  'StartsRequested',
  'StartsFailed',
]);

function isOutcome({ type }: Event): boolean {
  return looks.has(type);
}

function concerns(plan: Plan, app: string | undefined): boolean {
  if (app === undefined) return true;
  return planRemarks(plan).some((remark) => remark.app === app);
}

function tell(io: CommandIo, told: Told, isJson: boolean, isFirst: boolean): void {
  const { seq, atMs, plan, outcomes, endedMs } = told;
  if (isJson) {
    const document = {
      seq,
      atMs,
      plan: { ...describePlan(plan), held: plan.held },
      outcomes,
      endedMs,
    };
    io.writeOut(`${isFirst ? '{"plans":[\n' : ',\n'}${JSON.stringify(document)}`);
    return;
  }
  const took =
    endedMs === undefined ? 'its end was not recorded' : `took ${durationText(endedMs - atMs)}`;
  const head = `${plan.id}, event ${String(seq)}, ${momentText(atMs)}, revision ${plan.revision}`;
  io.writeOut(`${paint(io.outHasColours, 'bold', head)}, ${took}\n`);
  io.writeOut(planText(plan, plan.held, io.outHasColours));
  for (const { event } of outcomes) {
    const failure = failureText(event);
    if (failure === undefined) continue;
    io.writeOut(`  ${paint(io.outHasColours, 'red', 'failed')}  ${visible(failure)}\n`);
  }
}

function failureText(event: Event): string | undefined {
  if ('error' in event && event.error !== undefined) {
    const app = 'app' in event ? `${event.app}: ` : '';
    return `${event.type}: ${app}${event.error.detail}`;
  }
  if ('failures' in event && event.failures.length > 0) return event.failures.join('; ');
  if (event.type === 'HostProbed' && event.refusals.length > 0) {
    return `${event.app}: ${event.refusals.map(({ message }) => message).join('; ')}`;
  }
  return event.type === 'RereadRefused' ? event.detail : undefined;
}

function planText(plan: Plan, held: readonly Held[], hasColours: boolean): string {
  const dim = (text: string): string => paint(hasColours, 'dim', text);
  const steps = planRemarks(plan).map(({ app, text, because = '' }, index) => {
    const subject = app === undefined ? '' : `${app}: `;
    return `  ${String(index + 1)}. ${subject}${text}${dim(` — ${visible(because)}`)}\n`;
  });
  const holds = held.filter(isWorthSaying).map(({ app, code, reason, untilMs }) => {
    const until = untilMs === undefined ? '' : `, until ${clockText(untilMs)}`;
    const word = paint(hasColours, 'yellow', 'held');
    return `  ${word}  ${app ?? 'this host'}: ${code}: ${visible(reason)}${until}\n`;
  });
  return [...steps, ...holds].join('');
}
