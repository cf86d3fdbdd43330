/** Changes of an app in words: one line each, and as diffs. */
import { diffLines } from 'diff';
import { changesTexts, type HistoryItem, presentTexts } from '../../domain/fleet/appHistory.ts';
import type { TextsThen } from '../../domain/fleet/publication.ts';
import { placementItems } from '../assessApp.ts';
import { rolloutKeyLines } from '../rollout/rolloutKeyLines.ts';
import { shorten, visible } from '../textTable.ts';
import { unifiedDiff } from '../unifiedDiff.ts';

export function whoText({ publication, hasUnreadableRecord, revision }: HistoryItem): string {
  if (publication !== undefined) return visible(`${publication.by}@${publication.from}`);
  if (hasUnreadableRecord) return '(a record that this version cannot read)';
  return revision === undefined ? '(not by supervene, at an unknown time)' : '(not by supervene)';
}

export function timeText(atMs: number | undefined): string {
  if (atMs === undefined) return '-';
  const time = new Date(atMs);
  return Number.isNaN(time.getTime()) ? '-' : time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** `publish: content +3 -1, hosts +10.0.0.3`. */
export function whatText(item: HistoryItem): string {
  const { publication } = item;
  const action = publication === undefined ? '' : `${publication.action}: `;
  const to = publication?.to === undefined ? '' : ` (back to ${publication.to})`;
  return `${action}${differenceText(item)}${to}`;
}

const hostsShownMax = 4;

function differenceText(item: HistoryItem): string {
  const { before, after } = item;
  if (after === 'Absent') return 'removed';
  if (after === 'Forgotten') return 'what it wrote is no longer known';
  if (before === 'Forgotten') return 'what stood there before is no longer known';
  if (!changesTexts(item)) return sameText(item);
  const [old, now] = [presentTexts(before), presentTexts(after)];
  const hosts = hostsText(old?.ips, now?.ips);
  const content = contentText(old?.content, now?.content);
  const rollout = rolloutText(old?.rollout, now?.rollout);
  const what = [content, hosts, rollout].filter((text) => text !== '').join(', ');
  if (before === 'Absent') return `new: ${what}`;
  if (what !== '') return what;
  return old?.ips === now?.ips ? 'what nobody can read' : 'hosts written otherwise';
}

/** Nothing that people read is another one than before. */
function sameText({ publication, rewritten }: HistoryItem): string {
  if (rewritten?.content === 'Other') return 'the same content, written otherwise';
  if (rewritten?.signature === 'Other') return 'the signature alone';
  return rewritten === undefined && publication === undefined ? 'nothing' : 'the same once more';
}

function contentText(before: string | undefined, after: string | undefined): string {
  if (before === after) return '';
  if (after === undefined) return 'no readable content';
  let [added, removed] = [0, 0];
  for (const part of diffLines(before ?? '', after)) {
    if (part.added) added += part.count;
    if (part.removed) removed += part.count;
  }
  const counts = [added > 0 ? `+${String(added)}` : '', removed > 0 ? `-${String(removed)}` : ''];
  return `content ${counts.filter((text) => text !== '').join(' ')}`;
}

function hostsText(before: string | undefined, after: string | undefined): string {
  if (after === undefined) return before === after ? '' : 'no readable hosts';
  const [old, now] = [placementItems(before ?? ''), placementItems(after)];
  const changes = [
    ...now.filter((host) => !old.includes(host)).map((host) => `+${host}`),
    ...old.filter((host) => !now.includes(host)).map((host) => `-${host}`),
  ];
  if (changes.length === 0) return '';
  const more = changes.length - hostsShownMax;
  const shown = changes.slice(0, hostsShownMax).map(visible).join(' ');
  return `hosts ${shown}${more > 0 ? ` and ${String(more)} more` : ''}`;
}

/** `rollout maxUnavailable 1, drain "2s"`: what it is from then on. */
function rolloutText(before: string | undefined, after: string | undefined): string {
  if (before === after) return '';
  if (after === undefined) return 'without rollout';
  return `rollout ${shorten(rolloutKeyLines(after).replaceAll('\n', ', '), 100)}`;
}

/** Empty when nothing differs. Undefined when one side is forgotten. */
export function itemDiff(
  app: string,
  before: TextsThen,
  after: TextsThen,
  names: readonly [string, string],
): string | undefined {
  if (before === 'Forgotten' || after === 'Forgotten') return undefined;
  const [old, now] = [presentTexts(before), presentTexts(after)];
  const lines = (ips: string | undefined): string => placementItems(ips ?? '').join('\n');
  const ips = unifiedDiff(`${app}/ips`, lines(old?.ips), lines(now?.ips), names);
  const [oldWay, newWay] = [rolloutKeyLines(old?.rollout), rolloutKeyLines(now?.rollout)];
  const rollout = unifiedDiff(`${app}/rollout`, oldWay, newWay, names);
  const content = unifiedDiff(`${app}/content`, old?.content ?? '', now?.content ?? '', names);
  return `${ips}${rollout}${content}`;
}
