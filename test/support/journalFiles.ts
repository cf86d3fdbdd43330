/** What a journal's files promise (design section 10), read as any other program would. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface JournalFiles {
  /** All events of all segments, oldest first. */
  readonly events: readonly {
    readonly seq: number;
    readonly atMs: number;
    readonly type: string;
  }[];
  /** What is wrong with it, in words; empty when nothing is. */
  readonly faults: readonly string[];
  /** Path of the newest segment. */
  readonly newest: string;
}

export function readJournalFiles(dir: string): JournalFiles {
  const faults: string[] = [];
  const expectMode = (path: string, mode: number): void => {
    const found = statSync(path).mode & 0o777;
    if (found !== mode) faults.push(`${path} has mode ${found.toString(8)}`);
  };
  expectMode(dir, 0o700);
  const names = readdirSync(dir)
    .filter((name) => name.endsWith('.jsonl'))
    .sort((a, b) => parseInt(a, 10) - parseInt(b, 10));
  const events = names.flatMap((name) => {
    expectMode(join(dir, name), 0o600);
    const [header, ...records] = readFileSync(join(dir, name), 'utf8').split('\n');
    if (records.pop() !== '') faults.push(`${name} ends in the middle of a line`);
    const { firstSeq, version, host, settings, checkpoint } = parse(header ?? '');
    const isHeader = [version, host, settings, checkpoint].every((value) => value !== undefined);
    if (!isHeader || parseInt(name, 10) !== firstSeq) faults.push(`${name}: header`);
    return records.map((line) => {
      const { seq, atMs, event } = parse(line);
      return { seq: Number(seq), atMs: Number(atMs), type: String(Object(event).type) };
    });
  });
  for (const [at, { seq, atMs }] of events.entries()) {
    const before = events[at - 1];
    if (before !== undefined && (seq !== before.seq + 1 || atMs < before.atMs)) {
      faults.push(`event ${String(seq)} follows ${String(before.seq)}`);
    }
  }
  return { events, faults, newest: join(dir, names.at(-1) ?? '') };
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(line)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
