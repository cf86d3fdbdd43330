/** What the console tells of a host's past: the entries around a moment, and the moment itself. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { MomentDocument, TimelineDocument } from '../../../domain/console/timeApi.ts';
import { type ApiRefusal, callApi } from '../core/callApi.ts';
import { isLoaded } from './timeModel.ts';

export interface TimePlace {
  readonly host: string;
  readonly app: string | undefined;
  readonly isAll: boolean;
  /** Undefined: the newest, which is followed. */
  readonly seq: number | undefined;
}

export interface TimelineView {
  readonly timeline: TimelineDocument | undefined;
  readonly fault: ApiRefusal | undefined;
  /** Asks for what is around a time. */
  readonly askAt: (atMs: number, onTold: (timeline: TimelineDocument) => void) => void;
}

/** Fast moves ask once. */
const quietMs = 120;
const pollMs = 4_000;

interface Told {
  readonly what: string;
  readonly timeline: TimelineDocument;
}

export function useTimeline({ host, app, isAll, seq }: TimePlace): TimelineView {
  const [told, setTold] = useState<Told>();
  const [fault, setFault] = useState<ApiRefusal>();
  const known = useRef(told);
  known.current = told;
  const sought = useRef<number | undefined>(undefined);
  const what = JSON.stringify([host, app, isAll]);
  const ask = async (more: Readonly<Record<string, string>>, signal?: AbortSignal) => {
    const query = { app, all: isAll ? '1' : undefined, ...more };
    const call = { path: { host }, query, ...(signal === undefined ? {} : { signal }) };
    const answer = await callApi<TimelineDocument>('timeline', call);
    if (signal?.aborted === true) return undefined;
    setFault(answer.ok ? undefined : answer.error);
    if (answer.ok) setTold({ what, timeline: answer.value });
    return answer.ok ? answer.value : undefined;
  };
  useEffect(() => {
    const had = known.current;
    if (seq !== undefined && had?.what === what && isLoaded(had.timeline, seq)) return undefined;
    const over = new AbortController();
    let timer = setTimeout(() => void look(), had === undefined ? 0 : quietMs);
    const look = async (): Promise<void> => {
      const begunMs = performance.now();
      await ask(seq === undefined ? {} : { around: String(seq) }, over.signal);
      if (seq !== undefined || over.signal.aborted) return;
      // Whose journal takes long to read is asked more seldom.
      const pauseMs = Math.max(pollMs, 5 * (performance.now() - begunMs));
      timer = setTimeout(() => void look(), pauseMs);
    };
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [what, seq]);
  return {
    timeline: told?.what === what ? told.timeline : undefined,
    fault,
    askAt: (atMs, onTold) => {
      clearTimeout(sought.current);
      sought.current = window.setTimeout(() => {
        void ask({ at: String(Math.round(atMs)) }).then((timeline) => {
          if (timeline !== undefined) onTold(timeline);
        });
      }, quietMs);
    },
  };
}

export interface MomentView {
  /** Of before while another one is asked for. */
  readonly moment: MomentDocument | undefined;
  readonly fault: ApiRefusal | undefined;
}

export function useMoment(
  host: string,
  seq: number | undefined,
  app: string | undefined,
): MomentView {
  const [view, setView] = useState<MomentView>({ moment: undefined, fault: undefined });
  useEffect(() => {
    if (seq === undefined) return undefined;
    const over = new AbortController();
    const timer = setTimeout(() => {
      const call = { path: { host, seq: String(seq) }, query: { app }, signal: over.signal };
      void callApi<MomentDocument>('moment', call).then((answer) => {
        if (over.signal.aborted) return;
        if (answer.ok) setView({ moment: answer.value, fault: undefined });
        else setView((before) => ({ ...before, fault: answer.error }));
      });
    }, quietMs);
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [host, seq, app]);
  return view;
}
