/**
 * What is done by a POST, with both its entries in the audit trail: that it was asked for, before
 * anything is done, and what came of it. What is seen to come to nothing beforehand is a refusal,
 * and goes where refusals go: of these only some are written down.
 */
import { type Answer, jsonAnswer } from '../../../http/respond.ts';
import type { AuditEntry } from '../../../domain/console/api.ts';
import { type AuditNote, partsOf } from '../../../domain/console/audit.ts';
import type { Result } from '../../../domain/result.ts';
import { type ActionRate, actionsMax } from '../actionRate.ts';
import { type ConsoleAnswer, type ConsoleAsk, type ConsoleDeps, faultAnswer } from '../handlers.ts';

export interface Told {
  readonly outcome: Exclude<AuditEntry['outcome'], 'asked'>;
  readonly detail: string;
  /** Without secrets, as all of it. */
  readonly before?: string;
  readonly after?: string;
}

export interface Done extends Told {
  readonly answer: ConsoleAnswer;
}

/** `wanted`: what is asked for, without secrets. */
export interface Asked {
  readonly target: string;
  readonly wanted: string;
  readonly message: string;
}

/** What is left to be done, or why it is not. */
export type Decided = Result<() => Promise<Done>, Answer>;

type AuditedDeps = Pick<ConsoleDeps, 'audit' | 'log'> & { readonly actions: ActionRate };

/** `decide` looks, and does nothing. */
export async function auditedIf(
  deps: AuditedDeps,
  ask: ConsoleAsk,
  asked: Asked,
  decide: () => Promise<Decided>,
): Promise<ConsoleAnswer> {
  const decided = await decide();
  if (decided.ok) return audited(deps, ask, asked, decided.value);
  const { error } = decided;
  if (error.status < 500) return refused(deps, ask, asked, error);
  return audited(deps, ask, asked, () => Promise.resolve(notDone(error)));
}

export async function audited(
  deps: AuditedDeps,
  ask: ConsoleAsk,
  asked: Asked,
  act: () => Promise<Done>,
): Promise<ConsoleAnswer> {
  return auditedEach(deps, ask, [asked], async () => {
    const { answer, ...told } = await act();
    return { answer, told: [told] };
  });
}

/** What is asked for in several entries, with what came of each in `told`. */
export async function auditedEach(
  deps: AuditedDeps,
  ask: ConsoleAsk,
  asked: readonly Asked[],
  act: () => Promise<{ readonly answer: ConsoleAnswer; readonly told: readonly Told[] }>,
): Promise<ConsoleAnswer> {
  const { audit, log, actions } = deps;
  const notes = asked.map(({ target, wanted, message }): AuditNote => ({
    ...noteOf(ask, target),
    ...{ before: '', after: wanted, outcome: 'asked', of: null, detail: message },
  }));
  const entries = Math.max(...notes.map((note) => partsOf(note).length));
  const waitMs = actions.take(ask.principal.user, entries);
  const [first] = asked;
  if (waitMs > 0 && first !== undefined) return refused(deps, ask, first, tooManyActions(waitMs));
  const written = await audit.appendAll(notes);
  if (!written.ok) return noAudit(written.error);
  const tell = async (all: readonly Told[]): Promise<void> => {
    await Promise.all(
      all.map(async ({ before = '', after = '', outcome, detail }, at) => {
        const { target = '' } = asked[at] ?? {};
        const of = written.value[at] ?? null;
        const rest = { before, after, outcome, detail, of };
        const entry = await audit.append({ ...noteOf(ask, target), ...rest });
        if (entry.ok) return;
        const about = { of, action: ask.route, target, outcome, detail, why: entry.error };
        log.error(about, 'what came of an action is not in the audit trail');
      }),
    );
  };
  try {
    const { answer, told } = await act();
    await tell(told);
    return answer;
  } catch (error) {
    await tell(asked.map(() => ({ outcome: 'failed', detail: String(error) })));
    throw error;
  }
}

/** What is asked for by who may not, or cannot be: nothing is done, and of a flood not all is told. */
export async function refused(
  { audit, log }: Pick<AuditedDeps, 'audit' | 'log'>,
  ask: ConsoleAsk,
  { target, wanted }: Asked,
  answer: Answer,
): Promise<Answer> {
  const detail = detailOf(answer);
  const rest = { before: '', after: wanted, outcome: 'refused', of: null, detail } as const;
  const written = await audit.refuse({ ...noteOf(ask, target), ...rest });
  if (!written.ok) {
    const about = { user: ask.principal.user, action: ask.route, detail, why: written.error };
    log.warn(about, 'a refusal is not in the audit trail');
  }
  return answer;
}

function noteOf(
  { principal, from, route }: ConsoleAsk,
  target: string,
): Pick<AuditNote, 'user' | 'from' | 'action' | 'target'> {
  return { user: principal.user, from, action: route, target };
}

function tooManyActions(waitMs: number): Answer {
  const seconds = String(Math.ceil(waitMs / 1_000));
  const error = `you have done ${String(actionsMax)} things within a minute; try again in ${seconds} s`;
  const fault = faultAnswer(429, { code: 'TooMany', error });
  return { ...fault, headers: { 'retry-after': seconds } };
}

function noAudit(why: string): Answer {
  return faultAnswer(503, {
    code: 'NoAudit',
    error: `nothing was done, since it cannot be written into the audit trail: ${why}`,
    remedy: 'try again when etcd is back',
  });
}

export function done(value: unknown, rest: Omit<Done, 'answer' | 'outcome'>): Done {
  return { answer: jsonAnswer(200, value), outcome: 'done', ...rest };
}

/** Of an answer that is a fault: what it says is what is written down. */
export function notDone(answer: Answer, rest: { readonly before?: string } = {}): Done {
  const outcome = answer.status >= 500 ? 'failed' : 'refused';
  return { answer, outcome, detail: detailOf(answer), ...rest };
}

function detailOf({ status, body }: Answer): string {
  try {
    const { code, error } = JSON.parse(String(body)) as { code?: unknown; error?: unknown };
    return `${String(code)}: ${String(error)}`;
  } catch {
    return `status ${String(status)}`;
  }
}
