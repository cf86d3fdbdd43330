/** What the flags of publish make of the rollout key that stands there. */
import { describe, expect, it } from 'vitest';
import {
  editRollout,
  isSameRollout,
  readRolloutEdit,
} from '../../../../src/commands/rollout/rolloutEdit.ts';

type Flags = Readonly<Record<string, string>>;

function readFlags(given: Flags) {
  const values = new Map(Object.entries(given));
  return readRolloutEdit({ has: (name) => values.has(name), text: (name) => values.get(name) });
}

/** What is to stand there then, as JSON; a fault as its message. */
function edited(before: string | undefined, given: Flags): unknown {
  const edit = readFlags(given);
  if (!edit.ok) return edit.error.message;
  const outcome = edit.value === undefined ? undefined : editRollout(before, edit.value);
  if (outcome === undefined) return 'nothing given';
  if (!outcome.ok) return outcome.error.message;
  return outcome.value === undefined ? undefined : (JSON.parse(outcome.value) as unknown);
}

const full = JSON.stringify({
  maxUnavailable: 2,
  drain: '5s',
  healthcheck: { command: '/project/check --fast' },
  healthcheckTimeout: '10s',
});

describe('the flags of publish about the rollout', () => {
  it.each<readonly [string | undefined, Flags, unknown]>([
    [undefined, {}, 'nothing given'],
    [undefined, { 'max-unavailable': '1' }, { maxUnavailable: 1, drain: '2s' }],
    [undefined, { drain: '500ms' }, { drain: '500ms' }],
    [
      undefined,
      { healthcheck: 'http://127.0.0.1:8088/' },
      { healthcheck: { url: 'http://127.0.0.1:8088/' }, healthcheckTimeout: '30s' },
    ],
    [full, { 'max-unavailable': '3' }, { ...JSON.parse(full), maxUnavailable: 3 } as unknown],
    [full, { drain: 'off' }, { ...JSON.parse(full), drain: '0ms' } as unknown],
    [
      full,
      { 'max-unavailable': 'off' },
      { healthcheck: { command: '/project/check --fast' }, healthcheckTimeout: '10s' },
    ],
    [full, { healthcheck: 'off' }, { maxUnavailable: 2, drain: '5s' }],
    [full, { 'max-unavailable': 'off', drain: '3s', healthcheck: 'off' }, { drain: '3s' }],
    [full, { 'max-unavailable': 'off', drain: 'off', healthcheck: 'off' }, undefined],
    [full, { 'max-unavailable': 'off', healthcheck: 'off' }, undefined],
    ['{"maxUnavailable":0}', { drain: '1s' }, { drain: '1s' }],
  ])('%j with %j is %j', (before, given, after) => {
    expect(edited(before, given)).toEqual(after);
  });

  it.each<readonly [Flags, string]>([
    [{ 'max-unavailable': '0' }, '--max-unavailable: maxUnavailable is not a whole number'],
    [{ 'max-unavailable': '1.5' }, '--max-unavailable: '],
    [{ 'max-unavailable': '' }, '--max-unavailable: '],
    [{ drain: '5' }, '--drain: drain is not'],
    [{ drain: '11m' }, '--drain: drain is not'],
    [{ healthcheck: 'http://10.0.0.1/' }, '--healthcheck: healthcheck.url is not on this host'],
    [{ healthcheck: 'ftp://127.0.0.1/' }, '--healthcheck: healthcheck.url is not'],
    [{ healthcheck: ' ' }, '--healthcheck: healthcheck.command is not'],
    [{ 'healthcheck-timeout': '1ms' }, '--healthcheck-timeout: healthcheckTimeout is not'],
    [{ 'healthcheck-timeout': '5s' }, '--healthcheck-timeout: there is no health check'],
    [{ healthcheck: 'off', 'healthcheck-timeout': '5s' }, '--healthcheck-timeout: there is no'],
  ])('%j is refused, by the name of the flag', (given, message) => {
    const told = edited(undefined, given);
    expect(typeof told === 'string' && told.startsWith(message), String(told)).toBe(true);
  });
});

describe('isSameRollout', () => {
  it.each<readonly [string | undefined, string | undefined, boolean]>([
    [undefined, undefined, true],
    [undefined, '{}', true],
    ['{"maxUnavailable":1}', ' {"drain":"2s", "maxUnavailable":1}\n', true],
    ['{"maxUnavailable":1}', '{"maxUnavailable":2}', false],
    ['{"maxUnavailable":1}', undefined, false],
    ['nonsense', 'nonsense ', false],
  ])('%j and %j: %j', (a, b, isSame) => {
    expect(isSameRollout(a, b)).toBe(isSame);
    expect(isSameRollout(b, a)).toBe(isSame);
  });
});
