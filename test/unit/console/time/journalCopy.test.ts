/**
 * A journal on its way: copied without secrets by the agent, taken apart and folded by the console.
 * Where it is damaged or torn it says what `supervene replay` says, and shows what is left.
 */
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copySegments } from '../../../../src/agent/copySegments.ts';
import { foldCopy, type FoldedJournal } from '../../../../src/console/server/time/foldedJournal.ts';
import { openCopy } from '../../../../src/console/server/time/openCopy.ts';
import { runCliHere } from '../../../support/fakeCommandIo.ts';
import { goldenDir, goldenNames } from '../../../support/golden.ts';
import { createTempDir, type TempDir } from '../../../support/tempDir.ts';

interface Told {
  readonly seq: number;
  readonly type: string;
  readonly remarks: readonly { readonly kind: string }[];
}

let temp: TempDir;
let dir: string;
beforeEach(async () => {
  temp = await createTempDir('copy');
  dir = join(temp.path, 'journal');
  mkdirSync(dir);
});
afterEach(async () => temp.remove());

const segmentsIn = (from: string): readonly number[] =>
  readdirSync(from)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => parseInt(name, 10))
    .sort((a, b) => a - b);

/** Gives it up after some waits, as for a line that is never finished. */
async function copyOf(from: string, segments = segmentsIn(from)): Promise<Uint8Array> {
  const word = await copySegments({ journalDir: from, segments }, () => Promise.resolve());
  if (word.type !== 'Copied') throw new Error(JSON.stringify(word));
  return word.bytes;
}

async function folded(from: string, segments?: readonly number[]): Promise<FoldedJournal> {
  const result = await foldCopy(await copyOf(from, segments));
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const takeGolden = (name: string): readonly string[] => {
  const from = join(goldenDir, name);
  const names = readdirSync(from).filter((one) => one.endsWith('.jsonl'));
  for (const one of names) copyFileSync(join(from, one), join(dir, one));
  return names;
};

describe.each(goldenNames)('the journal %s', (name) => {
  it('tells on its way what replay tells, event by event', async () => {
    const { tellings, damage } = await folded(join(goldenDir, name));
    const { stdout } = await runCliHere(['replay', join(goldenDir, name), '--json', '--all']);
    const { events, torn } = JSON.parse(stdout) as {
      readonly events: readonly Told[];
      readonly torn?: unknown;
    };
    expect(damage !== undefined).toBe(torn !== undefined);
    const kindsOf = (told: readonly Told[]) =>
      told
        .filter(({ remarks }) => remarks.length > 0)
        .map(({ seq, type, remarks }) => [seq, type, remarks.map(({ kind }) => kind)]);
    expect(kindsOf(tellings)).toEqual(kindsOf(events));
  });
});

describe('a journal with something wrong', () => {
  it('that ends in the middle of a line says so as replay does, and shows the rest', async () => {
    const [name = ''] = takeGolden('badContent');
    const whole = await folded(dir);
    const path = join(dir, name);
    truncateSync(path, readFileSync(path).length - 20);
    const { damage, last } = await folded(dir);
    const { stdout, stderr } = await runCliHere(['replay', dir]);
    expect(`${stdout}${stderr}`).toContain(damage);
    expect(damage).toContain('the end is torn');
    expect(last.seq).toBe(whole.last.seq - 1);
  });

  it('that is damaged in the middle says where as replay does, and shows what is before', async () => {
    const [name = ''] = takeGolden('badContent');
    const path = join(dir, name);
    const lines = readFileSync(path, 'utf8').split('\n');
    const at = Math.floor(lines.length / 2);
    lines[at] = `${lines[at]?.slice(0, 30) ?? ''}?${lines[at]?.slice(31) ?? ''}`;
    writeFileSync(path, lines.join('\n'));
    const { damage = '', last } = await folded(dir);
    const { stderr } = await runCliHere(['replay', dir]);
    const said = damage.replace('a part of the journal cannot be read: ', '');
    expect(said).toContain(`${name}, line ${String(at + 1)}: `);
    expect(stderr).toContain(said);
    expect(last.seq).toBe(at - 1);
  });

  it('shows the segment that was asked for when the one before it is damaged', async () => {
    takeGolden('life');
    const segments = segmentsIn(dir);
    expect(segments).toHaveLength(2);
    const path = join(dir, `${String(segments[0])}.jsonl`);
    const bytes = readFileSync(path);
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    writeFileSync(path, bytes);
    const { damage, first } = await folded(dir);
    expect(damage).toContain(`${String(segments[0])}.jsonl, line `);
    expect(first.seq).toBe((segments[1] ?? 0) - 1);
  });

  it('is nobody’s when it is a link, and is not there when it is gone', async () => {
    const [name = ''] = takeGolden('badContent');
    symlinkSync(join(dir, name), join(dir, '999999.jsonl'));
    const ask = (segment: number) =>
      copySegments({ journalDir: dir, segments: [segment] }, () => Promise.resolve());
    expect(await ask(999_999)).toEqual({ type: 'Gone' });
    expect(await ask(888_888)).toEqual({ type: 'Gone' });
    writeFileSync(join(dir, '777777.jsonl'), 'no journal\n');
    expect(await ask(777_777)).toMatchObject({ type: 'Failed' });
  });
});

describe('openCopy', () => {
  it('refuses what no agent gives, and what was cut off', async () => {
    const text = gunzipSync(await copyOf(join(goldenDir, 'badContent'))).toString('utf8');
    const lines = text.split('\n').slice(0, -1);
    expect(openCopy(gzipSync(text)).ok).toBe(true);
    const wrong = [
      ...['', 'x', '\n', '{}\n', lines.slice(0, -1).join('\n'), lines.at(-1) ?? ''],
      lines.slice(1).join('\n'),
    ];
    for (const one of wrong) expect(openCopy(gzipSync(one)).ok, one.slice(0, 50)).toBe(false);
    expect(openCopy(Buffer.from(text)).ok).toBe(false);
    expect(openCopy(gzipSync(text).subarray(0, 500)).ok).toBe(false);
    // A little that becomes very much.
    expect(openCopy(gzipSync(Buffer.alloc(101 * 1024 * 1024))).ok).toBe(false);
  });
});
