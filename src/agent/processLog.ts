/**
 * What a process of an app of ours has written, a piece at a time.
 *
 * From the file where supervisord sees the same files as we do: any bytes come as they are, and
 * supervisord has nothing to do with it. Elsewhere by XML-RPC, which cannot carry all bytes.
 */
import { conflictingFile } from '../../reducers/conflicts.ts';
import { mapGet } from '../../reducers/persistentMap.ts';
import type { State } from '../../reducers/state.ts';
import { type LogPiece, readLogFile } from '../../effects/host/readLogFile.ts';
import { readSupervisordProcess } from '../../effects/host/supervisordProcess.ts';
import type { Supervisor } from '../clients/supervisor.ts';
import type { LogStream, SupervisorLogs } from '../clients/supervisorLogs.ts';
import type { CallError } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { type Answer, jsonAnswer } from '../http/respond.ts';

export interface ProcessLogDeps {
  readonly state: () => State;
  readonly logs: SupervisorLogs;
  readonly supervisor: Pick<Supervisor, 'getInstance'>;
}

/** Of one piece. */
export const pieceMaxBytes = 256 * 1024;

interface Refusal {
  /** 404: no app of ours; 409: it is, and there is no such log. */
  readonly status: 400 | 404 | 409 | 503;
  readonly error: string;
}

/** For `GET /logs?app=…`, with `process`, `stream`, `offset` and `length` as its query says. */
export function createLogReader(deps: ProcessLogDeps): (query: URLSearchParams) => Promise<Answer> {
  return async (query) => {
    const piece = await readPiece(deps, query);
    if (!piece.ok) return jsonAnswer(piece.error.status, { error: piece.error.error });
    const { process, offset, size, bytes } = piece.value;
    return {
      status: 200,
      body: bytes,
      contentType: 'application/octet-stream',
      headers: {
        'x-log-process': process,
        'x-log-offset': String(offset),
        'x-log-size': String(size),
      },
    };
  };
}

async function readPiece(
  deps: ProcessLogDeps,
  query: URLSearchParams,
): Promise<Result<LogPiece & { readonly process: string }, Refusal>> {
  const app = query.get('app') ?? '';
  const stream = query.get('stream') ?? 'stdout';
  const length = wholeNumber(query.get('length') ?? String(pieceMaxBytes));
  const offset = query.has('offset') ? wholeNumber(query.get('offset') ?? '') : undefined;
  if (stream !== 'stdout' && stream !== 'stderr') return refused(400, 'stream: stdout or stderr');
  if (length === undefined || (query.has('offset') && offset === undefined)) {
    return refused(400, 'offset and length are numbers of bytes');
  }
  const process = chooseProcess(deps.state(), app, query.get('process') ?? undefined);
  if (!process.ok) return process;
  const id = process.value;
  const places = await deps.logs.places(id);
  if (!places.ok) return refused(503, places.error.detail);
  const path = places.value[stream];
  const nowhere = whyNoFile(id, stream, path);
  if (nowhere !== undefined) return refused(409, nowhere);
  const piece = await read(deps, { id, stream, path }, offset, Math.min(length, pieceMaxBytes));
  return piece.ok ? ok({ ...piece.value, process: id }) : piece;
}

/** Only what our own file defines is ours to show. */
function chooseProcess(
  state: State,
  app: string,
  wanted: string | undefined,
): Result<string, Refusal> {
  const isOurs = mapGet(state.appsByName, app)?.file?.type === 'Ours';
  if (!isOurs || conflictingFile(state.confDir.foreign, app) !== undefined) {
    return refused(404, 'supervene manages no such app on this host');
  }
  const ids = (mapGet(state.groups, app) ?? []).map(({ id }) => id);
  if (wanted !== undefined && ids.includes(wanted)) return ok(wanted);
  const [only, another] = ids;
  if (only === undefined) return refused(409, `supervisord shows no process of ${app}`);
  if (wanted === undefined && another === undefined) return ok(only);
  const names = ids.slice(0, 20).join(', ');
  if (wanted === undefined) return refused(409, `${app} has several processes: ${names}`);
  return refused(409, `${app} has no such process; it has ${names}`);
}

function whyNoFile(id: string, stream: LogStream, path: string): string | undefined {
  const option = `${stream}_logfile`;
  const remedy = `for a log of its own set ${option}=/var/log/… in its content`;
  if (path === '') return `${id} writes no ${stream} log (NONE, syslog or redirected); ${remedy}`;
  if (!/^\/(?:dev|proc)\//.test(path)) return undefined;
  return `the ${stream} of ${id} goes to ${path} of supervisord, which keeps none; ${remedy}`;
}

interface Place {
  readonly id: string;
  readonly stream: LogStream;
  readonly path: string;
}

async function read(
  deps: ProcessLogDeps,
  { id, stream, path }: Place,
  offset: number | undefined,
  length: number,
): Promise<Result<LogPiece, Refusal>> {
  const instance = await deps.supervisor.getInstance();
  if (!instance.ok) return refused(503, instance.error.detail);
  const supervisord = await readSupervisordProcess(instance.value.pid);
  if (supervisord?.seesOurFiles === true) {
    const piece = await readLogFile(path, offset, length);
    if (piece.ok) return piece;
    if (piece.error.type !== 'Unreadable') return refused(409, `${path} ${piece.error.detail}`);
  }
  return readByRpc(deps.logs, { id, stream, path }, offset, length);
}

async function readByRpc(
  logs: SupervisorLogs,
  { id, stream, path }: Place,
  offset: number | undefined,
  length: number,
): Promise<Result<LogPiece, Refusal>> {
  const size = await logs.size(id, stream);
  if (!size.ok) return refusedBy(size.error, path);
  const from = Math.min(offset ?? Math.max(0, size.value - length), size.value);
  const wanted = Math.min(length, size.value - from);
  if (wanted === 0) return ok({ offset: from, bytes: new Uint8Array(), size: size.value });
  // A character may be cut at either end; three of its four bytes at most are to be left out.
  for (const cut of [0, 1, 2, 3]) {
    const start = offset === undefined ? from + cut : from;
    const bytes = await logs.read(id, stream, start, Math.max(1, wanted - cut));
    if (bytes.ok) return ok({ offset: start, bytes: bytes.value, size: size.value });
    if (bytes.error.type !== 'Failed') return refusedBy(bytes.error, path);
  }
  const why = 'not all of it is UTF-8, so supervisord cannot hand it over, and the agent cannot';
  return refused(503, `${path} cannot be read by way of supervisord: ${why} read the file itself`);
}

function refusedBy(error: CallError, path: string): Result<never, Refusal> {
  // 20 NO_FILE
  if (error.faultCode === 20) return refused(409, `${path} is not there`);
  return refused(503, error.detail);
}

function refused(status: Refusal['status'], error: string): Result<never, Refusal> {
  return err({ status, error });
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
