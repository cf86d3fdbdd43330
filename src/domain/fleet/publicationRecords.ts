/** All records of one app: read in their order, and the next one with what has to go for it. */
import type { AppName } from '../types.ts';
import { utf8SizeBytes } from '../utf8.ts';
import { historySizeMaxBytes, type Publication, publicationsMax } from './publication.ts';
import { formatPublication, parsePublication } from './publicationCodec.ts';

/** A key below `history/<app>/` whose end is a number. */
export interface KeptRecord {
  readonly seq: number;
  readonly text: string;
}

export interface ReadRecord {
  readonly seq: number;
  /** Undefined for what is no record, or of a version that this one cannot read. */
  readonly publication: Publication | undefined;
}

/** The last number that a key can have. */
const seqMax = 9_999_999_999;

/** `records`: sorted by number, and so is what is made of them. */
export function readRecords(app: AppName, records: readonly KeptRecord[]): readonly ReadRecord[] {
  let last: Publication | undefined;
  return records.map(({ seq, text }) => {
    const publication = parsePublication(app, seq, text, last);
    last = publication;
    return { seq, publication };
  });
}

export interface NextRecord {
  readonly seq: number;
  readonly text: string;
  /** Numbers of those that are to go. */
  readonly dropped: readonly number[];
}

/** In one transaction, which has room for so much. */
const droppedMax = 60;

/** Undefined when there is no number left. */
export function nextRecord(
  publication: Omit<Publication, 'seq'>,
  kept: readonly KeptRecord[],
): NextRecord | undefined {
  const last = readRecords(publication.app, kept).at(-1);
  const seq = (last?.seq ?? 0) + 1;
  if (seq > seqMax) return undefined;
  const text = formatPublication({ ...publication, seq }, last?.publication);
  let room = historySizeMaxBytes - utf8SizeBytes(text);
  let stays = 0;
  for (const { text: other } of [...kept].reverse()) {
    room -= utf8SizeBytes(other);
    if (room < 0 || stays + 1 >= publicationsMax) break;
    stays += 1;
  }
  const dropped = kept.slice(0, kept.length - stays).map((record) => record.seq);
  return { seq, text, dropped: dropped.slice(0, droppedMax) };
}
