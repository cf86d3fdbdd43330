/** What an agent says of its journal: `GET /journal`. */
export interface JournalListing {
  /** Oldest first. */
  readonly segments: readonly ListedSegment[];
  /** The newest event; `seq` 0 when there is none yet. */
  readonly last: { readonly seq: number; readonly atMs: number };
}

export interface ListedSegment {
  readonly firstSeq: number;
  readonly sizeBytes: number;
  /** When it was begun, in milliseconds since the epoch. */
  readonly atMs: number;
}

const segmentsMax = 10_000;

/** Undefined for what no agent says. */
export function readJournalListing(value: unknown): JournalListing | undefined {
  if (!isRecord(value) || !Array.isArray(value['segments'])) return undefined;
  const last = value['last'];
  if (!isRecord(last) || !isCount(last['seq']) || !isCount(last['atMs'])) return undefined;
  const segments: ListedSegment[] = [];
  for (const item of value['segments'].slice(-segmentsMax)) {
    if (!isRecord(item)) return undefined;
    const { firstSeq, sizeBytes, atMs } = item as Readonly<Partial<Record<string, unknown>>>;
    if (!isCount(firstSeq) || !isCount(sizeBytes) || !isCount(atMs)) return undefined;
    if (firstSeq <= (segments.at(-1)?.firstSeq ?? -1)) return undefined;
    segments.push({ firstSeq, sizeBytes, atMs });
  }
  return { segments, last: { seq: last['seq'], atMs: last['atMs'] } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
