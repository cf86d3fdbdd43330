/**
 * What the flags of `publish` make of the rollout key of an app: each changes its own setting, and
 * what is not named stays as it is. Pure.
 */
import { type Result, err, ok } from '../../domain/result.ts';
import type { Rollout } from '../../domain/rollout/rollout.ts';
import { formatRollout, parseRollout } from '../../domain/rollout/rolloutCodec.ts';
import type { CommandOptions } from '../command.ts';
import type { Fault } from '../commandIo.ts';

/** By the field of the key; undefined: it goes. */
export type RolloutEdit = ReadonlyMap<keyof typeof flags, unknown>;

const flags = {
  maxUnavailable: 'max-unavailable',
  drain: 'drain',
  healthcheck: 'healthcheck',
  healthcheckTimeout: 'healthcheck-timeout',
} as const;

/** `ok(undefined)`: none of them is given. */
export function readRolloutEdit(options: CommandOptions): Result<RolloutEdit | undefined, Fault> {
  const edit = new Map<keyof typeof flags, unknown>();
  const [most, drain] = [options.text(flags.maxUnavailable), options.text(flags.drain)];
  const [check, timeout] = [
    options.text(flags.healthcheck),
    options.text(flags.healthcheckTimeout),
  ];
  if (most !== undefined) edit.set('maxUnavailable', isOff(most) ? undefined : numberOf(most));
  // Nobody drains where all change at once, unless that is asked for.
  if (most !== undefined && isOff(most)) edit.set('drain', undefined);
  if (drain !== undefined) edit.set('drain', isOff(drain) ? '0s' : drain);
  if (check !== undefined) edit.set('healthcheck', isOff(check) ? undefined : probeOf(check));
  if (check !== undefined && isOff(check)) {
    if (timeout !== undefined) return err(noCheck);
    edit.set('healthcheckTimeout', undefined);
  }
  if (timeout !== undefined) edit.set('healthcheckTimeout', timeout);
  for (const [name, value] of edit) {
    const alone = parseRollout(JSON.stringify({ [name]: value }));
    if (!alone.ok) return err({ message: `--${flags[name]}: ${plain(alone.error.message)}` });
  }
  return ok(edit.size === 0 ? undefined : edit);
}

const noCheck: Fault = {
  message: '--healthcheck-timeout: there is no health check that it could be of',
  remedy: 'give --healthcheck URL or CMD too',
};

function isOff(text: string): boolean {
  return text === 'off';
}

/** What is no number is refused with its words. */
function numberOf(text: string): unknown {
  return /^\d{1,6}$/.test(text) ? Number(text) : text;
}

function probeOf(text: string): Readonly<Record<string, string>> {
  return /^[a-z][a-z+.-]*:\/\//i.test(text) ? { url: text } : { command: text };
}

/** Of a key there is no talk where flags are given. */
function plain(message: string): string {
  return message.replace('the rollout key cannot be used: ', '');
}

/**
 * The text that is to stand there; undefined for none. `before`: what stands there; undefined for
 * nothing, and for what cannot be read.
 */
export function editRollout(
  before: string | undefined,
  edit: RolloutEdit,
): Result<string | undefined, Fault> {
  const fields = { ...fieldsOf(before), ...Object.fromEntries(edit) };
  const parsed = parseRollout(JSON.stringify(fields));
  if (!parsed.ok) return err({ message: plain(parsed.error.message), remedy: parsed.error.remedy });
  const isOfNothing = edit.get('healthcheckTimeout') !== undefined;
  if (isOfNothing && parsed.value.healthcheck === undefined) return err(noCheck);
  const { drainMs, ...rest } = parsed.value;
  // Not to drain is what happens without a word of it, where all change at once.
  const isDrained = rest.maxUnavailable !== undefined || (drainMs ?? 0) > 0;
  return ok(rolloutText(isDrained ? parsed.value : rest));
}

/** Undefined for a rollout that says nothing: no key says the same. */
export function rolloutText(rollout: Rollout): string | undefined {
  const text = formatRollout(rollout);
  return text === '{}' ? undefined : text;
}

/** Nothing of what cannot be read. */
function fieldsOf(text: string | undefined): Readonly<Record<string, unknown>> {
  const parsed = text === undefined ? undefined : parseRollout(text);
  if (parsed?.ok !== true) return {};
  return JSON.parse(formatRollout(parsed.value)) as Record<string, unknown>;
}

/** Both are readable, and say the same. */
export function isSameRollout(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  const [one, other] = [a, b].map((text) => (text === undefined ? ok({}) : parseRollout(text)));
  if (one?.ok !== true || other?.ok !== true) return false;
  return formatRollout(one.value) === formatRollout(other.value);
}
