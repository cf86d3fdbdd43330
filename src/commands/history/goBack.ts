/** What a rollback puts back: found in the history of the app. Pure. */
import { changesTexts, type HistoryItem, itemAt } from '../../domain/fleet/appHistory.ts';
import type { AppTexts, TextsThen } from '../../domain/fleet/publication.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import type { AppName, Revision } from '../../domain/types.ts';
import type { Fault } from '../commandIo.ts';
import type { AppHistory } from './readAppHistory.ts';

export interface Past {
  readonly texts: AppTexts;
  /** At which it was written; undefined when that is not known. */
  readonly revision: Revision | undefined;
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
  const revision = items.slice(index + 1).find((item) => item.revision !== undefined)?.revision;
  return texts(app, last.before, revision, 'before the last change');
}

function at(app: AppName, { items, completeFrom }: AppHistory, to: Revision): Result<Past, Fault> {
  const item: HistoryItem | 'Unknown' = itemAt(items, to, completeFrom);
  const when = `at revision ${to}`;
  if (item === 'Unknown') return err(forgotten(app, when));
  return texts(app, item.after, item.revision, when);
}

function texts(
  app: AppName,
  then: TextsThen,
  revision: Revision | undefined,
  when: string,
): Result<Past, Fault> {
  if (then === 'Forgotten') return err(forgotten(app, when));
  if (then !== 'Absent') return ok({ texts: then, revision });
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
