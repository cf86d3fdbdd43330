/**
 * The `rollout` key as text: JSON that people can write with `etcdctl`, any part of
 *
 *     {"maxUnavailable":1,"drain":"2s","healthcheck":{"url":"http://127.0.0.1:8088/"},
 *      "healthcheckTimeout":"30s"}
 *
 * or with `"healthcheck":{"command":"/project/check --fast"}`. What is not understood is refused
 * whole: half of a rule is another rule.
 */
import { findForbiddenCharacter } from '../content/characters.ts';
import { splitCommand } from '../content/shellWords.ts';
import { formatDuration, parseDurationMs } from '../duration.ts';
import type { LeafValue } from '../event.ts';
import { didYouMean } from '../nearest.ts';
import { quote } from '../quote.ts';
import { err, ok, type Result } from '../result.ts';
import type { Problem } from '../types.ts';
import { loopbackUrlFault } from './loopbackUrl.ts';
import type { HealthProbe, Rollout } from './rollout.ts';

export const rolloutSizeMax = 16 * 1024;
export const maxUnavailableMax = 1000;
export const drainMaxMs = 600_000;
/** Where hosts take turns and nothing else is said. */
export const drainDefaultMs = 2_000;
export const healthTimeoutMinMs = 1_000;
export const healthTimeoutMaxMs = 600_000;
export const healthTimeoutDefaultMs = 30_000;

const commandMax = 4096;
const fieldNames = ['maxUnavailable', 'drain', 'healthcheck', 'healthcheckTimeout'];

/** Refuses with `E_ROLLOUT`. */
export function parseRollout(value: string | LeafValue): Result<Rollout, Problem> {
  if (typeof value !== 'string') {
    return value.type === 'Text' ? parseRollout(value.text) : refuse('it is not text');
  }
  if (value.length > rolloutSizeMax) {
    return refuse(`it has more than ${String(rolloutSizeMax)} characters`);
  }
  const fields = fieldsOf(parseJson(value));
  if (fields === undefined) return refuse('it is not a JSON object');
  const unknown = [...fields.keys()].find((name) => !fieldNames.includes(name));
  if (unknown !== undefined) {
    const known = `it has ${fieldNames.join(', ')}`;
    return refuse(`it has no ${quote(unknown, 40)}: ${didYouMean(unknown, fieldNames, known)}`);
  }
  const maxUnavailable = readMaxUnavailable(fields.get('maxUnavailable'));
  if (!maxUnavailable.ok) return maxUnavailable;
  const drain = readDuration(fields, 'drain', 0, drainMaxMs);
  if (!drain.ok) return drain;
  const timeout = readDuration(
    fields,
    'healthcheckTimeout',
    healthTimeoutMinMs,
    healthTimeoutMaxMs,
  );
  if (!timeout.ok) return timeout;
  const probe = readProbe(fields.get('healthcheck'));
  if (!probe.ok) return probe;
  const hasTurns = maxUnavailable.value !== undefined;
  const drainMs = drain.value ?? (hasTurns ? drainDefaultMs : undefined);
  const timeoutMs = timeout.value ?? healthTimeoutDefaultMs;
  return ok({
    ...(maxUnavailable.value === undefined ? {} : { maxUnavailable: maxUnavailable.value }),
    ...(drainMs === undefined ? {} : { drainMs }),
    ...(probe.value === undefined ? {} : { healthcheck: { ...probe.value, timeoutMs } }),
  });
}

/** One text for each rollout; `parseRollout` reads it back. */
export function formatRollout({ maxUnavailable, drainMs, healthcheck }: Rollout): string {
  return JSON.stringify({
    maxUnavailable,
    drain: drainMs === undefined ? undefined : formatDuration(drainMs),
    healthcheck: healthcheck === undefined ? undefined : formatProbe(healthcheck),
    healthcheckTimeout:
      healthcheck === undefined ? undefined : formatDuration(healthcheck.timeoutMs),
  });
}

function formatProbe(probe: HealthProbe): Readonly<Record<string, string>> {
  return probe.type === 'Url' ? { url: probe.url } : { command: probe.command };
}

function readMaxUnavailable(value: unknown): Result<number | undefined, Problem> {
  if (value === undefined) return ok(undefined);
  const isCount = typeof value === 'number' && Number.isInteger(value);
  if (isCount && value >= 1 && value <= maxUnavailableMax) return ok(value);
  return refuse(`maxUnavailable is not a whole number from 1 to ${String(maxUnavailableMax)}`);
}

function readDuration(
  fields: ReadonlyMap<string, unknown>,
  name: string,
  minMs: number,
  maxMs: number,
): Result<number | undefined, Problem> {
  const value = fields.get(name);
  if (value === undefined) return ok(undefined);
  // Zero of whatever is zero.
  const text = value === 0 ? '0s' : value;
  if (typeof text !== 'string') return refuse(`${name} is not a text such as "2s"`);
  const ms = parseDurationMs(text);
  if (!ms.ok) return refuse(`${name} is not ${ms.error}`);
  if (ms.value >= minMs && ms.value <= maxMs) return ms;
  return refuse(
    `${name} is not a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
  );
}

function readProbe(value: unknown): Result<HealthProbe | undefined, Problem> {
  if (value === undefined) return ok(undefined);
  const fields = fieldsOf(value);
  const [only, ...others] = fields?.entries() ?? [];
  if (only === undefined || others.length > 0) return refuse(oneProbe);
  const [name, text] = only;
  if ((name !== 'url' && name !== 'command') || typeof text !== 'string') return refuse(oneProbe);
  const fault = name === 'url' ? loopbackUrlFault(text) : commandFault(text);
  if (fault !== undefined) return refuse(`healthcheck.${name} is not ${fault}`);
  return ok(name === 'url' ? { type: 'Url', url: text } : { type: 'Command', command: text });
}

const oneProbe = 'healthcheck is not {"url":"…"} or {"command":"…"}';

/** Nothing of it is quoted: it may hold a secret. */
function commandFault(command: string): string | undefined {
  if (command.length > commandMax) return `shorter than ${String(commandMax)} characters`;
  if (command.includes('\n') || findForbiddenCharacter(command) !== undefined) {
    return 'one line of text';
  }
  const words = splitCommand(command);
  if (!words.ok) return 'a command: a quotation mark or a backslash has no partner';
  return words.value[0] === undefined || words.value[0] === '' ? 'a command' : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Own fields of an object; undefined for everything else. */
function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map<string, unknown>(Object.entries(value));
}

function refuse(what: string): Result<never, Problem> {
  return err({
    code: 'E_ROLLOUT',
    line: 0,
    message: `the rollout key cannot be used: ${what}`,
    remedy: 'Publish it again with --max-unavailable, --drain or --healthcheck.',
  });
}
