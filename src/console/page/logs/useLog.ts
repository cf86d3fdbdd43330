/** A log while it is looked at: followed, held still while it is paused, and read backwards. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiRefusal } from '../core/callApi.ts';
import { type Following, followLog, type LogPlace, pieceMaxBytes, readPiece } from './followLog.ts';
import {
  appendPiece,
  canLoadEarlier,
  countSince,
  earlierRange,
  emptyLog,
  type Log,
  prependPiece,
} from './logModel.ts';

export interface LogInView {
  /** As of the pause, while there is one. */
  readonly log: Log;
  readonly state: 'Connecting' | 'Live' | ApiRefusal;
  readonly isPaused: boolean;
  /** Lines that came since the pause. */
  readonly waiting: number;
  readonly pause: (isPaused: boolean) => void;
  readonly isLoading: boolean;
  /** Gives how many lines came before the first. */
  readonly loadEarlier: () => Promise<number>;
  readonly wake: () => void;
}

export function useLog(place: LogPlace, isReadable: boolean): LogInView {
  const { host, app, process, stream } = place;
  const [log, setLog] = useState<Log>(emptyLog);
  const [frozen, setFrozen] = useState<Log | undefined>(undefined);
  const [state, setState] = useState<LogInView['state']>('Connecting');
  const [isLoading, setLoading] = useState(false);
  const latest = useRef(log);
  const following = useRef<Following | undefined>(undefined);
  const change = (next: Log): void => {
    latest.current = next;
    setLog(next);
  };
  useEffect(() => {
    change(emptyLog);
    setFrozen(undefined);
    if (!isReadable) return undefined;
    const opened = followLog(
      { host, app, process, stream },
      {
        onPieces: (pieces) => change(pieces.reduce(appendPiece, latest.current)),
        onState: setState,
        nextOffset: () => latest.current.nextOffset,
      },
    );
    following.current = opened;
    return opened.close;
  }, [host, app, process, stream, isReadable]);
  const loadEarlier = async (): Promise<number> => {
    if (isLoading || !canLoadEarlier(latest.current)) return 0;
    setLoading(true);
    const range = earlierRange(latest.current, pieceMaxBytes);
    const read = await readPiece(place, range, new AbortController().signal);
    setLoading(false);
    if (!read.ok) {
      setState(read.error);
      return 0;
    }
    const before = latest.current;
    change(prependPiece(before, read.value));
    if (frozen !== undefined) setFrozen(prependPiece(frozen, read.value));
    return latest.current.lines.length - before.lines.length;
  };
  return {
    log: frozen ?? log,
    state,
    isPaused: frozen !== undefined,
    waiting: frozen === undefined ? 0 : countSince(log, frozen.nextId),
    pause: (isPaused) => setFrozen(isPaused ? latest.current : undefined),
    isLoading,
    loadEarlier,
    wake: () => following.current?.wake(),
  };
}
