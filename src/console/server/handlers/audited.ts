/**
 * What is done by a POST, with both its entries in the audit trail: that it was asked for, before
 * anything is done, and what came of it.
 */
import { jsonAnswer, type Answer } from '../../../http/respond.ts';
import type { AuditEntry } from '../../../domain/console/api.ts';
import {
  type AuditNote,
  type ConsoleAnswer,
  type ConsoleAsk,
  type ConsoleDeps,
  faultAnswer,
} from '../handlers.ts';

export interface Done {
  readonly answer: ConsoleAnswer;
  readonly outcome: Exclude<AuditEntry['outcome'], 'asked'>;
  readonly detail: string;
  /** Short texts, without secrets. */
  readonly before?: string;
  readonly after?: string;
}

/** `wanted`: what is asked for, in short and without secrets. */
export async function audited(
  { audit, log }: Pick<ConsoleDeps, 'audit' | 'log'>,
  { principal, from, route }: ConsoleAsk,
  { target, wanted, message }: { target: string; wanted: string; message: string },
  act: () => Promise<Done>,
): Promise<ConsoleAnswer> {
  const note = { user: principal.user, from, action: route, target } as const;
  const asked = await audit.append({
    ...{ ...note, before: '', after: wanted, outcome: 'asked', of: null, detail: message },
  });
  if (!asked.ok) return noAudit(asked.error);
  const tell = async (rest: Pick<AuditNote, 'before' | 'after' | 'outcome' | 'detail'>) => {
    const told = await audit.append({ ...note, ...rest, of: asked.value });
    if (!told.ok) {
      const { outcome, detail } = rest;
      const about = { of: asked.value, action: route, target, outcome, detail, why: told.error };
      log.error(about, 'what came of an action is not in the audit trail');
    }
  };
  try {
    const { answer, outcome, detail, before = '', after = '' } = await act();
    await tell({ before, after, outcome, detail });
    return answer;
  } catch (error) {
    await tell({ before: '', after: '', outcome: 'failed', detail: String(error) });
    throw error;
  }
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
