/**
 * How the commands of this host talk to its agent: HTTP on a unix socket that only its owner
 * may open. `POST /retry` and `POST /confirm` ask for something, `GET /state` and
 * `GET /logs` read.
 */
import { type IncomingMessage, createServer } from 'node:http';
import { type Result, err, ok } from '../domain/result.ts';
import { closeServer } from './listenOn.ts';
import { type Answer, jsonAnswer, pathOf, queryOf, respond } from './respond.ts';
import { listenOnSocket } from './unixSocket.ts';

/** Refusals become the status and `{error}` of the answer. */
export interface ControlRefusal {
  readonly status: 404 | 409 | 503;
  readonly error: string;
}

export interface ControlServerDeps {
  readonly retry: (app: string, by: string) => Result<unknown, ControlRefusal>;
  readonly confirm: (by: string) => Result<unknown, ControlRefusal>;
  readonly stateJson: () => unknown;
  readonly hostId: string;
  readonly readLog?: (query: URLSearchParams) => Promise<Answer>;
}

export interface ControlServer {
  /** Ends at once and removes the socket. */
  close(): Promise<void>;
}

/** The error is a sentence that says why it cannot listen. */
export async function createControlServer(
  deps: ControlServerDeps,
  options: { readonly socketPath: string },
): Promise<Result<ControlServer, string>> {
  const { socketPath } = options;
  const server = createServer({ requestTimeout: 5000 }, (request, response) => {
    void answerTo(request, deps)
      .catch(() => jsonAnswer(500, { error: 'failed' }))
      .then((answer) => respond(request, response, answer));
  });
  server.maxConnections = 20;
  const failure = await listenOnSocket(server, socketPath);
  if (failure !== undefined) return err(`the control socket: ${failure}`);
  return ok({ close: () => closeServer(server) });
}

async function answerTo(request: IncomingMessage, deps: ControlServerDeps): Promise<Answer> {
  const route = `${request.method ?? ''} ${pathOf(request) ?? ''}`;
  if (route === 'GET /state') return jsonAnswer(200, deps.stateJson());
  if (route === 'GET /host') return jsonAnswer(200, { host: deps.hostId });
  if (route === 'GET /logs' && deps.readLog !== undefined) return deps.readLog(queryOf(request));
  if (route !== 'POST /retry' && route !== 'POST /confirm') {
    return jsonAnswer(404, { error: 'not found' });
  }
  const fields = await readFields(request);
  if (!fields.ok) return jsonAnswer(fields.error.status, { error: fields.error.error });
  const by = fields.value.get('by') ?? 'somebody';
  if (route === 'POST /confirm') return resultAnswer(deps.confirm(by));
  const app = fields.value.get('app');
  return app === undefined
    ? jsonAnswer(400, { error: 'app is missing' })
    : resultAnswer(deps.retry(app, by));
}

function resultAnswer(result: Result<unknown, ControlRefusal>): Answer {
  if (result.ok) return jsonAnswer(200, { ok: true, result: result.value });
  return jsonAnswer(result.error.status, { error: result.error.error });
}

interface BadBody {
  readonly status: 400 | 413;
  readonly error: string;
}

const bodyMaxBytes = 4096;

/** The texts of a small JSON object. */
async function readFields(
  request: IncomingMessage,
): Promise<Result<ReadonlyMap<string, string>, BadBody>> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Not destroyed at the limit: the answer must still go out.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      size += chunk.length;
      if (size > bodyMaxBytes) return err({ status: 413, error: 'the request is too large' });
      chunks.push(chunk);
    }
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null) throw new TypeError('no object');
    const entries = Object.entries(parsed).flatMap(([key, value]) =>
      typeof value === 'string' && value.length <= 256 ? [[key, value] as const] : [],
    );
    return ok(new Map(entries));
  } catch {
    return err({ status: 400, error: 'the body is not a JSON object' });
  }
}
