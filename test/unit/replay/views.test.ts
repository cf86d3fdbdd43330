/** The views of `supervene replay`, on a journal of a program that was published broken. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMoment } from '../../../src/replay/moments.ts';
import { encodeLine } from '../../../src/journal/line.ts';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { goldenDir } from '../../support/golden.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

const journal = join(goldenDir, 'badContent');
const run = (...args: readonly string[]) => runCliHere(['replay', journal, ...args]);
/** Times are of the recording. */
const timeless = (text: string): string => text.replaceAll(/\d{2}:\d{2}:\d{2}\.\d{3}/g, 'TIME');

interface Told {
  readonly firstSeq: number;
  readonly events: readonly { seq: number; remarks: readonly { kind: string }[] }[];
}

let temp: TempDir;
const zone = process.env['TZ'];
beforeAll(async () => {
  process.env['TZ'] = 'UTC';
  temp = await createTempDir('views');
});
afterAll(async () => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
  await temp.remove();
});

describe('the timeline', () => {
  it('says what was learned, decided and why, done, and held since', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = timeless(stdout);
    expect(lines).toContain('journal of web1-02 from its first event');
    expect(lines).toMatch(/learned {2}demo3 has new content, revision \d+/);
    expect(lines).toMatch(
      /decided {2}demo3: write its file, revision \d+ — its content changed at revision \d+/,
    );
    expect(lines).toMatch(/learned {2}demo3 is FATAL \(was BACKOFF\): Exited too quickly/);
    expect(lines).toMatch(/held {5}demo3: Quarantined: E_FATAL: .*; the last good version stays/);
    expect(lines).toContain('— the last good version is put back');
    expect(lines).not.toContain('\u001b[');
  });

  it('of one app leaves the others out, and keeps what concerns the host', async () => {
    const { stdout } = await run('--app', 'demo3');
    expect(stdout).toContain('demo3');
    expect(stdout).not.toContain('demo1');
    expect(stdout).toContain('supervisord answers');
  });

  it('has colours where they are welcome', async () => {
    const { stdout } = await runCliHere(['replay', journal], { hasColours: true });
    expect(stdout).toContain('\u001b[');
  });

  it('begins and ends where it is told to', async () => {
    const { stdout } = await run('--since', '6', '--until', '12', '--json');
    const { events } = JSON.parse(stdout) as { events: readonly { seq: number }[] };
    expect(events.map(({ seq }) => seq).every((seq) => seq >= 6 && seq <= 12)).toBe(true);
    expect(events.length).toBeGreaterThan(3);
  });

  it('is the same from a checkpoint on as from the beginning', async () => {
    const other = join(goldenDir, 'life');
    const whole = await runCliHere(['replay', other, '--since', '75', '--json']);
    const late = JSON.parse(whole.stdout) as Told;
    expect(late.firstSeq).toBeGreaterThan(1);
    const all = JSON.parse((await runCliHere(['replay', other, '--json'])).stdout) as Told;
    // What was held before, and is no more, is told only by who saw it begin.
    const seen = ({ events }: Told) =>
      events.flatMap(({ seq, remarks }) =>
        seq < 75 ? [] : remarks.filter(({ kind }) => kind !== 'freed').map((each) => [seq, each]),
      );
    expect(seen(late)).toEqual(seen(all));
    expect(seen(late).length).toBeGreaterThan(5);
  });
});

describe('--explain', () => {
  it('leads from the present state back to what began it', async () => {
    const { code, stdout } = await run('--explain', 'demo3');
    expect(code).toBe(0);
    const [summary, chain] = stdout.split('how it came to be so, newest first:');
    expect(summary).toMatch(/^demo3 on web1-02 is quarantined since .* \(event \d+\)/);
    expect(summary).toContain('held: Quarantined: E_FATAL');
    const at = (text: string): number => chain?.indexOf(text) ?? -1;
    const order = [
      'is RUNNING (was FATAL)',
      'is put back',
      'held ',
      'is FATAL (was BACKOFF)',
      'has new content',
    ];
    const places = order.map(at);
    expect(places.every((place) => place >= 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(stdout).not.toContain('demo1');
  });

  it('knows the apps there are when it is asked for another', async () => {
    const { code, stderr } = await run('--explain', 'nosuch');
    expect(code).toBe(1);
    expect(stderr).toContain('it had demo1, demo2, demo3, demo4');
  });
});

describe('--state, --plans and --diff', () => {
  it('show what was known at a moment', async () => {
    const { stdout } = await run('--state', '--at', '20', '--json');
    const state = JSON.parse(stdout) as { seq: number; desired: { apps: readonly unknown[] } };
    expect(state.seq).toBe(20);
    expect(state.desired.apps).toHaveLength(3);
    expect((await run('--state')).stdout).toMatch(/demo3 +quarantined +\d+ +\d+ +RUNNING/);
    expect((await run('--state', '--at', '99999')).stderr).toContain('the journal ends earlier');
    expect((await run('--state', '--app', 'dmeo3')).stderr).toContain('did you mean demo3?');
  });

  it('show each plan with its reasons, and the one of a moment', async () => {
    const { stdout } = await run('--plans', '--app', 'demo3');
    expect(stdout).toContain('demo3: let supervisord take over its new file — to run revision');
    expect((await run('--plans', '--at', '5')).stdout).toContain('demo1: write its file');
    const { plans } = JSON.parse((await run('--plans', '--json')).stdout) as {
      plans: readonly { plan: { steps: readonly { text?: string }[] } }[];
    };
    expect(plans.length).toBeGreaterThan(5);
    expect(plans.flatMap(({ plan }) => plan.steps).some(({ text }) => text !== undefined)).toBe(
      false,
    );
  });

  it('show what differs, by app', async () => {
    const { code, stdout } = await run('--diff', '20', '30');
    expect(code).toBe(3);
    expect(stdout).toContain('\ndemo3\n');
    expect(stdout).toMatch(/desired\.revision +2 → \d/);
    expect((await run('--diff', '20', '20')).code).toBe(0);
    // The journal may stand behind the moments as well.
    expect((await runCliHere(['replay', '--diff', '20', '30', journal])).code).toBe(3);
  });
});

describe('--verify', () => {
  it('shows the first difference in full and ends with 3', async () => {
    const lines = readFileSync(join(journal, '1.jsonl'), 'utf8').split('\n');
    const at = lines.findIndex((line) => line.includes('its content changed at revision'));
    const { sum: _, ...value } = JSON.parse(lines[at] ?? '') as Record<string, unknown>;
    const changed = JSON.stringify(value).replace('its content changed', 'somebody wished it');
    lines[at] = encodeLine(JSON.parse(changed) as object).trimEnd();
    mkdirSync(join(temp.path, 'other'));
    writeFileSync(join(temp.path, 'other', '1.jsonl'), lines.join('\n'));
    const { code, stdout } = await runCliHere(['replay', join(temp.path, 'other'), '--verify']);
    expect(code).toBe(3);
    expect(stdout).toContain('1 differs');
    expect(stdout).toMatch(/^-.*somebody wished it at revision/m);
    expect(stdout).toMatch(/^\+.*its content changed at revision/m);
    expect(stdout).toContain(`plan of event ${String(at)}`);
  });
});

describe('what makes no sense', () => {
  it.each([
    [['--state', '--plans'], 'exclude each other'],
    [['--verify', '--since', '5'], '--since means nothing with --verify'],
    [['--at', '5', '--until', '6'], 'excludes --since and --until'],
    [['--since', 'yesterday'], 'neither a seq'],
    [['--diff', '5'], 'needs two moments'],
    [['--state', '--at', '5', '--all'], '--all means nothing with --state'],
  ])('%s is used wrongly', async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('is no copy into a directory that has something in it', async () => {
    writeFileSync(join(temp.path, 'something'), '');
    const { code, stderr } = await run('--redact', temp.path);
    expect(code).toBe(1);
    expect(stderr).toContain('is not empty');
  });
});

describe('a moment', () => {
  const endMs = Date.parse('2026-11-22T03:12:40Z');
  it.each([
    ['5102', { type: 'Seq', seq: 5102 }],
    ['#7', { type: 'Seq', seq: 7 }],
    ['15m', { type: 'Time', atMs: endMs - 15 * 60_000 }],
    ['03:07', { type: 'Time', atMs: Date.parse('2026-11-22T03:07:00Z') }],
    ['23:00:01.5', { type: 'Time', atMs: Date.parse('2026-11-21T23:00:01.500Z') }],
    ['2026-11-22', { type: 'Time', atMs: Date.parse('2026-11-22T00:00:00Z') }],
    ['2026-11-22 03:07', { type: 'Time', atMs: Date.parse('2026-11-22T03:07:00Z') }],
    ['2026-11-22T03:07+01:00', { type: 'Time', atMs: Date.parse('2026-11-22T02:07:00Z') }],
  ])('%s is understood', (text, moment) => {
    expect(parseMoment(text, endMs)).toEqual({ ok: true, value: moment });
  });

  it.each(['', '25:00', 'soon', '-5', '2026-13-01', '1e9', '3 m'])('%j is none', (text) => {
    expect(parseMoment(text, endMs).ok).toBe(false);
  });

  it('is not counted from an end that nobody knows', () => {
    expect(parseMoment('15m', undefined).ok).toBe(false);
    expect(parseMoment('2026-11-22', undefined).ok).toBe(true);
  });
});
