/** What is to be said about one app in etcd: for `apps` and `show`. Pure. */
import { parseAppName } from '../domain/appName.ts';
import type { DesiredEntry, Leaf, LeafValue } from '../domain/event.ts';
import { readRollout } from '../domain/fleet/wantedApp.ts';
import { isPlacedHere, parsePlacement } from '../domain/placement.ts';
import { type Result, err, ok } from '../domain/result.ts';
import {
  type AppName,
  type Identity,
  type Problem,
  type Revision,
  compareRevisions,
  revisionZero,
} from '../domain/types.ts';
import { checkContent, decodedText } from './checkContent.ts';

export interface AppReport {
  readonly app: string;
  /**
   * `pending`: a key is missing. `refused`: by every agent; `quarantined`: by that of this host.
   * `removed`: only the signature of its removal is left.
   */
  readonly state: 'ok' | 'pending' | 'refused' | 'quarantined' | 'removed';
  /** Of the first problem; null when there is none. */
  readonly code: string | null;
  /** As in etcd; null when it is missing or no text. */
  readonly ips: string | null;
  /** The items of the placement. */
  readonly hosts: readonly string[];
  readonly isPlacedHere: boolean;
  /** The newest of its keys'. */
  readonly revision: Revision;
  readonly ipsRevision: Revision | null;
  readonly contentRevision: Revision | null;
  /** How it goes through its hosts, as in etcd; null without that key, or when it is no text. */
  readonly rollout: string | null;
  /** Decoded; null when it is missing or cannot be. */
  readonly content: string | null;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export function assessApp(entry: DesiredEntry, identity: Identity): AppReport {
  const name = parseAppName(entry.app);
  const ips = entry.ips === undefined ? undefined : placementText(entry.ips.value);
  const placement = parsePlacement(ips?.ok === true ? ips.value : '');
  const rollout = readRollout(entry);
  const content = assessContent(name.ok ? name.value : placeholder, entry.content);
  const problems = [
    ...(name.ok ? [] : [name.error]),
    ...(ips?.ok === false ? [ips.error] : []),
    ...(placement.isUnintelligible ? [unintelligible] : []),
    ...content.problems,
    ...(rollout.ok ? [] : [rollout.error]),
  ];
  const isRemoved = entry.ips === undefined && entry.content === undefined;
  const isPending = !isRemoved && (entry.ips === undefined || entry.content === undefined);
  const missing = isPending ? [pendingProblem(entry)] : [];
  return {
    app: entry.app,
    state: problems.length > 0 ? 'refused' : isRemoved ? 'removed' : isPending ? 'pending' : 'ok',
    code: [...problems, ...missing][0]?.code ?? null,
    ips: ips?.ok === true ? ips.value : null,
    hosts: ips?.ok === true ? placementItems(ips.value) : [],
    isPlacedHere: isPlacedHere(placement, identity),
    revision: newest(entry),
    ipsRevision: entry.ips?.modRevision ?? null,
    contentRevision: entry.content?.modRevision ?? null,
    rollout: entry.rollout?.value.type === 'Text' ? entry.rollout.value.text : null,
    content: content.text,
    problems: [...problems, ...missing],
    warnings: [...placement.warnings, ...content.warnings],
  };
}

export function placementItems(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((item) => item !== '');
}

/** Only for messages about content whose app cannot be named so. */
const placeholder = 'app' as AppName;

const unintelligible: Problem = {
  code: 'E_PLACEMENT',
  line: 0,
  message: 'no item of the placement makes sense',
  remedy: 'Publish it again with addresses, blocks, host names or *.',
};

function pendingProblem(entry: DesiredEntry): Problem {
  const missing = entry.ips === undefined ? 'ips' : 'content';
  return {
    code: 'E_HALF_PAIR',
    line: 0,
    message: `the key ${missing} is missing`,
    remedy: 'Publish the app with both, or unpublish it.',
  };
}

/** etcd allows any bytes in a placement. */
export function placementText(value: LeafValue): Result<string, Problem> {
  if (value.type === 'Text') return ok(value.text);
  const message = value.type === 'Binary' ? 'the placement is not UTF-8' : 'it is too large';
  return err({ code: 'E_PLACEMENT', line: 0, message, remedy: 'Publish the placement again.' });
}

interface ContentReport {
  readonly text: string | null;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

function assessContent(app: AppName, leaf: Leaf | undefined): ContentReport {
  if (leaf === undefined) return { text: null, problems: [], warnings: [] };
  const checked = checkContent(app, leaf.value, 'warn');
  if (checked.ok) return { ...checked.value, problems: [] };
  return { text: decodedText(leaf.value), problems: checked.error, warnings: [] };
}

function newest({ ips, content, signature, rollout }: DesiredEntry): Revision {
  return [ips, content, signature, rollout]
    .map((leaf) => leaf?.modRevision ?? revisionZero)
    .reduce((a, b) => (compareRevisions(a, b) > 0 ? a : b));
}
