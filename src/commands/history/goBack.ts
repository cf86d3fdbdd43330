/** What a rollback puts back: found in the history of the app. Pure. */
import { changesTexts, isVouchedFor, itemAt, presentTexts } from '../../domain/fleet/appHistory.ts';
import { type AppTexts, isSameTexts, type TextsThen } from '../../domain/fleet/publication.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import { type AppName, compareRevisions, type Revision } from '../../domain/types.ts';
import type { DesiredEntry } from '../../domain/event.ts';
import { parseRollout } from '../../domain/rollout/rolloutCodec.ts';
import type { Fault } from '../commandIo.ts';
import type { AppHistory } from './readAppHistory.ts';

export interface Past {
  readonly texts: AppTexts;
  /** At which it was written; undefined when that is not known. */
  readonly revision: Revision | undefined;
  /** Else only a record says that it ever stood there, and whoever may write records made it up. */
  readonly isVouchedFor: boolean;
}

/** `to`: undefined for what stood there before the last change. */
export function findPast(
  app: AppName,
  history: AppHistory,
  to: Revision | undefined,
): Result<Past, Fault> {
  return to === undefined ? beforeLast(app, history) : at(app, history, to);
}

function beforeLast(app: AppName, { items }: AppHistory): Result<Past, Fault> {
  const index = items.findIndex(changesTexts);
  const last = items[index];
  if (last === undefined) return err(forgotten(app, 'before the last change'));
  const older = items[index + 1];
  const isOfOlder = older !== undefined && isSameThen(older.after, last.before);
  const revision = isOfOlder ? older.revision : undefined;
  return past(app, items, { then: last.before, revision, when: 'before the last change' });
}

function isSameThen(a: TextsThen, b: TextsThen): boolean {
  return a !== 'Forgotten' && b !== 'Forgotten' && isSameTexts(presentTexts(a), presentTexts(b));
}

function at(app: AppName, history: AppHistory, to: Revision): Result<Past, Fault> {
  const { items, completeFrom, revision } = history;
  if (compareRevisions(to, revision) > 0) {
    const message = `there is no revision ${to} yet: etcd is at ${revision}`;
    return err({ message, remedy: `\`supervene history ${app}\` lists the changes of ${app}` });
  }
  const item = itemAt(items, to, completeFrom);
  const when = `at revision ${to}`;
  if (item === 'Unknown') return err(forgotten(app, when));
  if (item === 'Absent') return past(app, items, { then: item, revision: undefined, when });
  return past(app, items, { then: item.after, revision: item.revision, when });
}

interface Place {
  readonly then: TextsThen;
  readonly revision: Revision | undefined;
  readonly when: string;
}

function past(
  app: AppName,
  items: AppHistory['items'],
  { then, revision, when }: Place,
): Result<Past, Fault> {
  if (then === 'Forgotten') return err(forgotten(app, when));
  if (then !== 'Absent') {
    return ok({ texts: then, revision, isVouchedFor: isVouchedFor(items, then) });
  }
  return err({
    message: `there was no app ${app} ${when}`,
    remedy: `if it is to go: supervene unpublish ${app}`,
  });
}

function forgotten(app: AppName, when: string): Fault {
  return {
    message: `what stood there ${when} is not known`,
    remedy: `\`supervene history ${app}\` shows what is known; name one of its revisions with --to`,
  };
}

/**
 * The rollout key that stays, since what it goes back to had none: without it all hosts would change
 * at once. What cannot be read lets no host go anywhere, and is not kept.
 */
export function keptRollout(
  { rollout }: Pick<DesiredEntry, 'rollout'>,
  texts: AppTexts,
): string | undefined {
  if (texts.rollout !== undefined || rollout?.value.type !== 'Text') return undefined;
  const { text } = rollout.value;
  return parseRollout(text).ok ? text : undefined;
}
