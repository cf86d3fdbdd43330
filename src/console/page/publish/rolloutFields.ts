/** The rollout key as fields of a form, and back. Pure. */
import { formatRollout, parseRollout } from '../../../domain/rollout/rolloutCodec.ts';
import { formatDuration } from '../../../domain/duration.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { Problem } from '../../../domain/types.ts';

/** As they are typed: any of them may make no sense. Empty: not set. */
export interface RolloutFields {
  readonly maxUnavailable: string;
  readonly drain: string;
  readonly check: 'none' | 'url' | 'command';
  readonly url: string;
  readonly command: string;
  readonly timeout: string;
  /** What stands in etcd and nobody can read; undefined as soon as a field is typed in. */
  readonly unreadable: string | undefined;
}

export type RolloutField = Exclude<keyof RolloutFields, 'unreadable'>;

export const noRollout: RolloutFields = {
  ...{ maxUnavailable: '', drain: '', check: 'none', url: '', command: '', timeout: '' },
  unreadable: undefined,
};

export function rolloutFieldsOf(text: string | null | undefined): RolloutFields {
  if (text === undefined || text === null) return noRollout;
  const parsed = parseRollout(text);
  if (!parsed.ok) return { ...noRollout, unreadable: text };
  const { maxUnavailable, drainMs, healthcheck } = parsed.value;
  return {
    maxUnavailable: maxUnavailable === undefined ? '' : String(maxUnavailable),
    drain: drainMs === undefined ? '' : formatDuration(drainMs),
    check: healthcheck === undefined ? 'none' : healthcheck.type === 'Url' ? 'url' : 'command',
    url: healthcheck?.type === 'Url' ? healthcheck.url : '',
    command: healthcheck?.type === 'Command' ? healthcheck.command : '',
    timeout: healthcheck === undefined ? '' : formatDuration(healthcheck.timeoutMs),
    unreadable: undefined,
  };
}

/** The key that says so; undefined for none. */
export function rolloutKeyOf(fields: RolloutFields): Result<string | undefined, Problem> {
  if (fields.unreadable !== undefined) {
    const parsed = parseRollout(fields.unreadable);
    return parsed.ok ? ok(fields.unreadable) : parsed;
  }
  const [most, drain, timeout] = [fields.maxUnavailable, fields.drain, fields.timeout].map((text) =>
    text.trim(),
  );
  const { check } = fields;
  const parsed = parseRollout(
    JSON.stringify({
      ...(most === '' ? {} : { maxUnavailable: numberOf(most ?? '') }),
      ...(drain === '' ? {} : { drain }),
      ...(check === 'none' ? {} : { healthcheck: { [check]: fields[check].trim() } }),
      ...(check === 'none' || timeout === '' ? {} : { healthcheckTimeout: timeout }),
    }),
  );
  if (!parsed.ok) return err(parsed.error);
  const text = formatRollout(parsed.value);
  return ok(text === '{}' ? undefined : text);
}

/** What is no number is refused with its words. */
function numberOf(text: string): unknown {
  return /^\d{1,6}$/.test(text) ? Number(text) : text;
}

/** Both can be read, and say the same. */
export function isSameRolloutText(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  const [one, other] = [a, b].map((text) => rolloutKeyOf(rolloutFieldsOf(text)));
  return one?.ok === true && other?.ok === true && one.value === other.value;
}

/** Which field a problem is about. */
export function faultyField({ message }: Problem): RolloutField | undefined {
  const named = /: (maxUnavailable|drain|healthcheckTimeout|healthcheck)\b/.exec(message)?.[1];
  switch (named) {
    case 'maxUnavailable':
    case 'drain':
      return named;
    case 'healthcheckTimeout':
      return 'timeout';
    case 'healthcheck':
      return message.includes('healthcheck.command') ? 'command' : 'url';
    case undefined:
    default:
      return undefined;
  }
}
