/** Where a text stands among the lines of a log, and how a line is drawn with it. Pure. */
import type { LogLine } from './logModel.ts';
import type { AnsiLook, Run } from './sgr.ts';

export interface Hit {
  /** Among the lines. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** More of them are not counted. */
export const hitsMax = 10_000;

/** Capital or not, unless what is looked for has capitals itself. */
export function findHits(lines: readonly LogLine[], wanted: string): readonly Hit[] {
  if (wanted === '') return [];
  const flags = wanted === wanted.toLowerCase() ? 'giu' : 'gu';
  const pattern = new RegExp(wanted.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), flags);
  const hits: Hit[] = [];
  for (const [line, { type, text }] of lines.entries()) {
    if (type !== 'Line') continue;
    for (const found of text.matchAll(pattern)) {
      hits.push({ line, start: found.index, end: found.index + found[0].length });
      if (hits.length >= hitsMax) return hits;
    }
  }
  return hits;
}

/** Those of one line: `hits` are in order. */
export function hitsOf(hits: readonly Hit[], line: number): readonly Hit[] {
  const from = firstFrom(hits, line);
  let end = from;
  while (hits[end]?.line === line) end += 1;
  return hits.slice(from, end);
}

/** The number of the first hit at or after that line; as many as there are when there is none. */
export function firstFrom(hits: readonly Hit[], line: number): number {
  let [low, high] = [0, hits.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hits[middle]?.line ?? 0) < line) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A part of a line that looks the same from end to end. */
export interface LinePart {
  readonly text: string;
  readonly look: AnsiLook | 'odd' | undefined;
  readonly hit: Hit | undefined;
}

/** From `from` on. */
export function partsOf(
  { text, runs }: Pick<LogLine, 'text' | 'runs'>,
  hits: readonly Hit[],
  from = 0,
): readonly LinePart[] {
  const cuts = new Set([from, text.length]);
  for (const { start, end } of [...runs, ...hits]) cuts.add(start).add(end);
  const edges = [...cuts].filter((at) => at >= from && at <= text.length).sort((a, b) => a - b);
  const parts: LinePart[] = [];
  for (const [index, start] of edges.entries()) {
    const end = edges[index + 1];
    if (end === undefined) break;
    const run = covering(runs, start);
    parts.push({ text: text.slice(start, end), look: run?.look, hit: covering(hits, start) });
  }
  return parts;
}

function covering<Span extends Pick<Run, 'start' | 'end'>>(
  spans: readonly Span[],
  at: number,
): Span | undefined {
  return spans.find(({ start, end }) => start <= at && at < end);
}
