/**
 * Where a journal is read from: a directory, single segments, standard input. Opens nothing for
 * writing and takes no lock, so that the journal of a running agent can be read.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { err, ok, type Result } from '../domain/result.ts';
import { toJournalError } from './journalError.ts';
import { listSegments, segmentNamePattern } from './segment.ts';

export interface JournalSource {
  /** As people call it. */
  readonly name: string;
  /** Undefined for standard input. */
  readonly path: string | undefined;
  /** Where it begins, as far as its name or its first bytes tell. */
  readonly firstSeq: number | undefined;
  /** What its name promises; undefined for a name of another form. */
  readonly namedSeq: number | undefined;
  readonly sizeBytes: number;
  /** When it was begun; undefined when its first bytes do not tell. */
  readonly atMs: number | undefined;
}

/** Oldest first. Errors are sentences: which path, and what is the matter with it. */
export async function findJournal(
  paths: readonly string[],
): Promise<Result<readonly JournalSource[], string>> {
  if (paths.includes('-')) {
    if (paths.length > 1) return err('- is standard input and stands alone');
    return ok([standardInput]);
  }
  const sources: JournalSource[] = [];
  for (const path of paths) {
    try {
      const stats = await stat(path);
      const found = stats.isDirectory() ? await listSegments(path) : [{ path }];
      if (found.length === 0) return err(`${path} has no segments of a journal`);
      sources.push(...found.map((file) => peek(file.path)));
    } catch (error) {
      return err(toJournalError(error, `read ${path}`).detail);
    }
  }
  sources.sort((a, b) => (a.firstSeq ?? 0) - (b.firstSeq ?? 0));
  const twice = sources.find((source, at) => source.path === sources[at - 1]?.path);
  return twice === undefined ? ok(sources) : err(`${twice.name} is given twice`);
}

const standardInput: JournalSource = {
  name: 'standard input',
  path: undefined,
  firstSeq: undefined,
  namedSeq: undefined,
  sizeBytes: 0,
  atMs: undefined,
};

/** The keys that matter here stand before the settings and the checkpoint. */
const peekBytes = 4096;

function peek(path: string): JournalSource {
  const name = basename(path);
  const digits = segmentNamePattern.exec(name)?.[1];
  const namedSeq = digits === undefined ? undefined : Number(digits);
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(peekBytes);
    const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, peekBytes, 0));
    const firstSeq = namedSeq ?? numberAfter(text, '"firstSeq":');
    const atMs = numberAfter(text, '"atMs":');
    return { name: path, path, firstSeq, namedSeq, sizeBytes: fstatSync(file).size, atMs };
  } finally {
    closeSync(file);
  }
}

function numberAfter(text: string, key: string): number | undefined {
  const at = text.indexOf(key);
  const digits = at === -1 ? '' : (/^\d{1,16}/.exec(text.slice(at + key.length))?.[0] ?? '');
  return digits === '' ? undefined : Number(digits);
}

/** The time of the last whole line; undefined when that cannot be had from the end of the file. */
export function lastTimeMs({ path }: JournalSource): number | undefined {
  if (path === undefined) return undefined;
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, tailBytes));
    const text = buffer.toString(
      'latin1',
      0,
      readSync(file, buffer, 0, buffer.length, size - buffer.length),
    );
    for (const line of text.split('\n').slice(0, -1).reverse()) {
      const atMs = /^\{"seq":\d{1,16},"atMs":(\d{1,16})(?:\.\d+)?,/.exec(line)?.[1];
      if (atMs !== undefined) return Number(atMs);
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}

/** Longer lines than this are rare; without one a time of day alone is measured from elsewhere. */
const tailBytes = 4 * 1024 * 1024;
