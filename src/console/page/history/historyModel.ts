/** What has become of an app, as versions that can be compared and put back. Pure. */
import type { HistoryDocument, HistoryEntry } from '../../../domain/console/api.ts';
import type { LiveApp } from '../../../domain/console/live.ts';
import type { AppTexts } from '../../../domain/fleet/publication.ts';
import { compareRevisions, type Revision } from '../../../domain/types.ts';

export interface Version {
  readonly revision: Revision;
  readonly texts: AppTexts;
  readonly entry: HistoryEntry;
}

/** Those whose texts are known, the newest first, each revision once. */
export function versionsOf({ items }: HistoryDocument): readonly Version[] {
  const seen = new Set<Revision>();
  return items.flatMap((entry) => {
    const { revision, after } = entry;
    if (revision === null || typeof after === 'string' || seen.has(revision)) return [];
    seen.add(revision);
    return [{ revision, texts: after, entry }];
  });
}

/** For the preview of a rollback: what hosts may have that took something back. */
export function contentsOf(versions: readonly Version[]): ReadonlyMap<Revision, string> {
  const known = versions.flatMap(({ revision, texts }) =>
    texts.content === undefined ? [] : [[revision, texts.content] as const],
  );
  return new Map(known);
}

/** Undefined: there is no such app. */
export function textsThere({ ips, content, rollout }: AppTexts): AppTexts | undefined {
  const isThere = ips !== undefined || content !== undefined;
  return isThere ? { ips, content, rollout } : undefined;
}

/** `Unknown`: what stood there then is not known any more. */
export type TextsOrNot = AppTexts | 'Absent' | 'Forgotten';

export interface FieldPair {
  readonly field: 'ips' | 'rollout' | 'content';
  readonly before: string;
  readonly after: string;
}

/** Those of the three that differ; undefined when one of both is not known. */
export function changedFields(
  before: TextsOrNot,
  after: TextsOrNot,
): readonly FieldPair[] | undefined {
  if (before === 'Forgotten' || after === 'Forgotten') return undefined;
  const fields = ['ips', 'rollout', 'content'] as const;
  const valueOf = (texts: AppTexts | 'Absent', field: FieldPair['field']): string =>
    texts === 'Absent' ? '' : (texts[field] ?? '');
  return fields
    .map((field) => ({ field, before: valueOf(before, field), after: valueOf(after, field) }))
    .filter((pair) => pair.before !== pair.after);
}

/** The newest change first. */
export function appsByChange(apps: Iterable<LiveApp>, find: string): readonly LiveApp[] {
  const wanted = find.trim().toLowerCase();
  return [...apps]
    .filter(({ app }) => app.toLowerCase().includes(wanted))
    .sort((a, b) => compareRevisions(b.revision, a.revision) || (a.app < b.app ? -1 : 1));
}
