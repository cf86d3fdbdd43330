/**
 * The log of one process for as long as somebody looks: its end at first, then what comes, by
 * server-sent events. When the connection breaks, what was written meanwhile is asked for.
 */
import type { LogPiece } from '../../../domain/console/api.ts';
import { type ApiRefusal, openApi, urlOf } from '../core/callApi.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { Piece } from './logModel.ts';

export interface LogPlace {
  readonly host: string;
  readonly app: string;
  /** Undefined: the only one there is. */
  readonly process: string | undefined;
  readonly stream: 'stdout' | 'stderr';
}

export interface LogListener {
  readonly onPieces: (pieces: readonly Piece[]) => void;
  readonly onState: (state: 'Connecting' | 'Live' | ApiRefusal) => void;
  /** Where the next piece is to begin; undefined before the first. */
  readonly nextOffset: () => number | undefined;
}

/** One answer of the agent has no more. */
export const pieceMaxBytes = 256 * 1024;
const tailBytes = 128 * 1024;

export interface Following {
  readonly close: () => void;
  /** Without waiting any longer. */
  readonly wake: () => void;
}

export function followLog(place: LogPlace, listener: LogListener): Following {
  const ended = new AbortController();
  const { signal } = ended;
  let stream: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const again = (): void => {
    failures += 1;
    const waitMs = Math.min(15_000, 500 * 2 ** Math.min(failures, 5));
    timer = setTimeout(() => void begin(), waitMs);
  };
  const begin = async (): Promise<void> => {
    const offset = listener.nextOffset();
    const range = offset === undefined ? { length: tailBytes } : { offset, length: pieceMaxBytes };
    const read = await readPiece(place, range, signal);
    if (signal.aborted) return;
    if (!read.ok) {
      listener.onState(read.error);
      again();
      return;
    }
    const { value } = read;
    await tell(value, offset);
    if (!signal.aborted) follow();
  };
  const tell = async (value: Piece, offset: number | undefined): Promise<void> => {
    if (offset === undefined || value.size >= offset) return listener.onPieces([value]);
    // The file is shorter than what was read of it: it is another one.
    const anew = await readPiece(place, { offset: 0, length: pieceMaxBytes }, signal);
    if (anew.ok && !signal.aborted) listener.onPieces([{ ...anew.value, isRestarted: true }]);
  };
  const follow = (): void => {
    stream = new EventSource(urlFrom(place, listener.nextOffset() ?? 0));
    const batch = createBatch(listener.onPieces);
    stream.onopen = () => listener.onState('Live');
    stream.onmessage = ({ data }) => {
      failures = 0;
      const piece = parsePiece(String(data));
      if (piece !== undefined) batch.add(piece);
      listener.onState('Live');
    };
    // The console goes on asking the agent.
    stream.addEventListener('trouble', ({ data }) => {
      const fault = parseFault(String(data));
      if (fault !== undefined) listener.onState(fault);
    });
    stream.onerror = () => {
      stream?.close();
      batch.flush();
      listener.onState('Connecting');
      again();
    };
  };
  listener.onState('Connecting');
  void begin();
  return {
    close: () => {
      ended.abort();
      stream?.close();
      clearTimeout(timer);
    },
    wake: () => {
      if (stream?.readyState === EventSource.OPEN) return;
      clearTimeout(timer);
      failures = 0;
      void begin();
    },
  };
}

function urlFrom({ host, app, process, stream }: LogPlace, offset: number): string {
  const query = { process, stream, offset: String(offset) };
  return urlOf('followLog', { path: { host, app }, query });
}

/** What comes within one drawing of the page is told of at once. */
function createBatch(tell: (pieces: readonly Piece[]) => void) {
  let waiting: Piece[] = [];
  const flush = (): void => {
    const pieces = waiting;
    waiting = [];
    if (pieces.length > 0) tell(pieces);
  };
  return {
    flush,
    add: (piece: Piece) => {
      waiting.push(piece);
      if (waiting.length === 1) setTimeout(flush, 60);
    },
  };
}

function parsePiece(text: string): Piece | undefined {
  try {
    const { offset, size, base64, isRestarted } = JSON.parse(text) as Partial<LogPiece>;
    if (typeof offset !== 'number' || typeof base64 !== 'string') return undefined;
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return {
      offset,
      size: size ?? offset + bytes.length,
      bytes,
      isRestarted: isRestarted === true,
    };
  } catch {
    return undefined;
  }
}

function parseFault(text: string): ApiRefusal | undefined {
  try {
    const fault = JSON.parse(text) as Partial<ApiRefusal>;
    const { code, error } = fault;
    if (typeof code !== 'string' || typeof error !== 'string') return undefined;
    return { ...fault, code, error, status: 0 };
  } catch {
    return undefined;
  }
}

export async function readPiece(
  { host, app, process, stream }: LogPlace,
  { offset, length }: { readonly offset?: number; readonly length: number },
  signal: AbortSignal,
): Promise<Result<Piece, ApiRefusal>> {
  const range = {
    length: String(length),
    ...(offset === undefined ? {} : { offset: String(offset) }),
  };
  const query = { process, stream, ...range };
  const opened = await openApi('log', { path: { host, app }, query, signal });
  if (!opened.ok) return opened;
  try {
    const bytes = new Uint8Array(await opened.value.arrayBuffer());
    const numberOf = (name: string): number => Number(opened.value.headers.get(name) ?? 0);
    const found = { offset: numberOf('x-log-offset'), size: numberOf('x-log-size') };
    return ok({ ...found, bytes, isRestarted: false });
  } catch (error) {
    return err({ status: 0, code: 'Unreachable', error: String(error) });
  }
}
