/** The hits of a search with the one that is chosen, and what part of a log is to be seen. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { findHits, firstFrom, type Hit, hitsOf } from './find.ts';
import type { Log } from './logModel.ts';
import type { LogInView } from './useLog.ts';

export interface Found {
  readonly hits: readonly Hit[];
  readonly current: Hit | undefined;
  readonly index: number;
  readonly step: (by: 1 | -1) => void;
}

/** The chosen hit stays chosen while lines come and go, by the number of its line. */
export function useHits(log: Log, find: string): Found {
  const hits = useMemo(() => findHits(log.lines, find), [log.lines, find]);
  const [chosen, choose] = useState<{ readonly id: number; readonly start: number } | undefined>();
  useEffect(() => choose(undefined), [find]);
  const line = chosen === undefined ? -1 : chosen.id - (log.lines[0]?.id ?? 0);
  const from = firstFrom(hits, line);
  const inLine = hitsOf(hits, line).findIndex(({ start }) => start === chosen?.start);
  const index = chosen === undefined || inLine < 0 ? -1 : from + inLine;
  return {
    hits,
    index,
    current: hits[index],
    step: (by) => {
      // The newest first: that is what people look for in a log.
      const next = index < 0 ? hits.length - 1 : (index + by + hits.length) % hits.length;
      const hit = hits[next];
      const id = hit === undefined ? undefined : log.lines[hit.line]?.id;
      if (hit !== undefined && id !== undefined) choose({ id, start: hit.start });
    },
  };
}

/** To the end while that is what is seen; to a hit when another is chosen. */
export interface LogScroll {
  readonly isAtEnd: boolean;
  readonly shown: number | undefined;
  readonly onScroll: (isAtEnd: boolean) => void;
  readonly show: (line: number) => void;
  readonly toEnd: () => void;
}

export function useScroll({ log, isPaused }: LogInView, current: Hit | undefined): LogScroll {
  const [isAtEnd, setAtEnd] = useState(true);
  const [asked, ask] = useState<number | undefined>(undefined);
  const id = current === undefined ? undefined : log.lines[current.line]?.id;
  useEffect(() => {
    if (current === undefined) return;
    setAtEnd(false);
    ask(current.line);
  }, [id, current?.start]);
  const isFollowing = isAtEnd && !isPaused;
  return {
    isAtEnd,
    shown: isFollowing ? log.lines.length - 1 : asked,
    onScroll: (isSeen: boolean) => {
      if (isSeen !== isAtEnd) setAtEnd(isSeen);
      // What was asked for is seen: a pause later leads nobody back there.
      if (asked !== undefined) ask(undefined);
    },
    show: (line: number) => {
      setAtEnd(false);
      ask(line);
    },
    toEnd: () => {
      setAtEnd(true);
      ask(isPaused ? log.lines.length - 1 : undefined);
    },
  };
}
