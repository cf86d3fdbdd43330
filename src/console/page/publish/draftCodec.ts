/**
 * What was typed and not published, as text for the browser's session storage: it outlives a reload, a
 * lost connection and a log-in. With it goes what it was based on, so that an older one is known for
 * what it is. Pure.
 */
import type { AppMark } from '../../../domain/console/api.ts';
import type { AppTexts } from '../../../domain/fleet/publication.ts';
import { parseRevision, type Revision } from '../../../domain/types.ts';
import { noRollout, type RolloutFields } from './rolloutFields.ts';

export interface Draft {
  readonly ips: string;
  readonly content: string;
  readonly rollout: RolloutFields;
  readonly message: string;
  readonly base: DraftBase;
  /** By the clock of the browser. */
  readonly atMs: number;
}

export interface DraftBase {
  readonly mark: AppMark;
  readonly texts: AppTexts;
}

/** One for each user and app: another one who logs in in the same window sees none of it. */
export function draftKey(user: string, app: string): string {
  return `supervene draft ${JSON.stringify([user, app])}`;
}

export function encodeDraft(draft: Draft): string {
  return JSON.stringify({ version: 1, ...draft });
}

/** Undefined for what is no draft: nothing is lost that could be shown. */
export function decodeDraft(text: string | null): Draft | undefined {
  const fields = fieldsOf(parseJson(text ?? ''));
  if (fields?.['version'] !== 1) return undefined;
  const { ips, content, message, atMs } = fields;
  const base = readBase(fieldsOf(fields['base']));
  const rollout = readRollout(fieldsOf(fields['rollout']));
  if (typeof ips !== 'string' || typeof content !== 'string' || typeof message !== 'string') {
    return undefined;
  }
  if (typeof atMs !== 'number' || base === undefined || rollout === undefined) return undefined;
  return { ips, content, rollout, message, base, atMs };
}

type Fields = Readonly<Record<string, unknown>>;

function readBase(fields: Fields | undefined): DraftBase | undefined {
  const mark = fieldsOf(fields?.['mark']);
  const texts = fieldsOf(fields?.['texts']);
  if (mark === undefined || texts === undefined) return undefined;
  return {
    mark: {
      ips: readRevision(mark['ips']),
      content: readRevision(mark['content']),
      signature: readRevision(mark['signature']),
      rollout: readRevision(mark['rollout']),
    },
    texts: {
      ips: textOf(texts['ips']),
      content: textOf(texts['content']),
      rollout: textOf(texts['rollout']),
    },
  };
}

function readRollout(fields: Fields | undefined): RolloutFields | undefined {
  if (fields === undefined) return undefined;
  const { check } = fields;
  return {
    maxUnavailable: textOf(fields['maxUnavailable']) ?? '',
    drain: textOf(fields['drain']) ?? '',
    check: check === 'url' || check === 'command' ? check : noRollout.check,
    url: textOf(fields['url']) ?? '',
    command: textOf(fields['command']) ?? '',
    timeout: textOf(fields['timeout']) ?? '',
    unreadable: textOf(fields['unreadable']),
  };
}

function readRevision(value: unknown): Revision | null {
  return typeof value === 'string' ? (parseRevision(value) ?? null) : null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}
