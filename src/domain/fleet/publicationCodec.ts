/**
 * Records of publishes as JSON. A record leaves out what stood there before when the record before
 * it says so already, and has the digest of it: whoever writes that other record again, who need not
 * be allowed to write apps, changes nothing about this one. The app and the number are in the key.
 *
 * Reading never fails on what a later version adds: it is passed over. docs/fleet.md has the format.
 */
import { sha256 } from '../sha256.ts';
import { parseRevision, type AppName, type Sha256 } from '../types.ts';
import {
  type AppTexts,
  isSameTexts,
  type Publication,
  type PublicationAction,
  type TextsThen,
} from './publication.ts';

const formatVersion = 1;
const nameMax = 255;
export const messageMax = 1000;

/** `last`: what the record before says of what it left behind; undefined when there is none. */
export function formatPublication(
  { action, by, from, atMs, message, to, before, after }: Publication,
  last?: Pick<Publication, 'after'>,
): string {
  const isKnown = last !== undefined && isSameTexts(last.after, textsBefore(before));
  return JSON.stringify({
    v: formatVersion,
    action,
    by,
    from,
    at: atMs,
    ...(message === undefined ? {} : { why: message }),
    ...(to === undefined ? {} : { to }),
    ...formatBefore(before, isKnown),
    after: after ?? null,
  });
}

function formatBefore(before: TextsThen, isKnown: boolean): Readonly<Record<string, unknown>> {
  if (before === 'Forgotten') return {};
  if (isKnown) return { beforeSha256: digestOf(before) };
  return { before: before === 'Absent' ? null : before };
}

function digestOf(texts: AppTexts | 'Absent'): Sha256 {
  if (texts === 'Absent') return sha256('null');
  const { ips = null, content = null, rollout } = texts;
  // As it always was where there is no rollout: older records have that digest.
  return sha256(JSON.stringify([ips, content, ...(rollout === undefined ? [] : [rollout])]));
}

export function textsBefore(before: TextsThen): AppTexts | undefined {
  return typeof before === 'string' ? undefined : before;
}

/**
 * Undefined for what is no record. `last` is the record with the number before, if it is kept and
 * can be read.
 */
export function parsePublication(
  app: AppName,
  seq: number,
  text: string,
  last?: Publication,
): Publication | undefined {
  const fields = fieldsOf(text);
  if (fields === undefined) return undefined;
  const [by, from, atMs] = [fields.get('by'), fields.get('from'), fields.get('at')];
  const after = readTexts(fields.get('after'));
  if (typeof by !== 'string' || typeof from !== 'string' || after === undefined) return undefined;
  if (typeof atMs !== 'number' || !Number.isSafeInteger(atMs) || atMs < 0) return undefined;
  const before = fields.has('before')
    ? readTexts(fields.get('before'))
    : afterOf(last, seq, fields.get('beforeSha256'));
  const [why, to] = [fields.get('why'), fields.get('to')];
  const revision = typeof to === 'string' ? parseRevision(to) : undefined;
  return {
    app,
    seq,
    action: actions.get(fields.get('action')) ?? 'other',
    by: by.slice(0, nameMax),
    from: from.slice(0, nameMax),
    atMs,
    ...(typeof why === 'string' && why !== '' ? { message: why.slice(0, messageMax) } : {}),
    ...(revision === undefined ? {} : { to: revision }),
    before: before ?? 'Forgotten',
    after: after === 'Absent' ? undefined : after,
  };
}

/** Nothing but what the record that leaves it out has seen. */
function afterOf(last: Publication | undefined, seq: number, digest: unknown): TextsThen {
  if (last?.seq !== seq - 1) return 'Forgotten';
  const after = last.after ?? 'Absent';
  return digestOf(after) === digest ? after : 'Forgotten';
}

const actions: ReadonlyMap<unknown, PublicationAction> = new Map(
  (['publish', 'unpublish', 'rollback', 'apply'] as const).map((action) => [action, action]),
);

function fieldsOf(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    return new Map<string, unknown>(Object.entries(parsed));
  } catch {
    return undefined;
  }
}

/** Undefined for what are no texts. */
function readTexts(value: unknown): AppTexts | 'Absent' | undefined {
  if (value === null) return 'Absent';
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const [ips, content, rollout] = [fields.get('ips'), fields.get('content'), fields.get('rollout')];
  return {
    ips: typeof ips === 'string' ? ips : undefined,
    content: typeof content === 'string' ? content : undefined,
    ...(typeof rollout === 'string' ? { rollout } : {}),
  };
}
