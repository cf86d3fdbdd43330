/**
 * Asks a URL of this host whether it is well: 2xx and 3xx are. Nothing is followed, and nothing of the
 * answer is kept but its status.
 */
import { request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface ProbeOutcome {
  readonly isHealthy: boolean;
  /** For people; the same for the same reason. */
  readonly detail: string;
}

/** Never rejects; settles when it is aborted. */
export function probeUrl(url: string, signal: AbortSignal): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const fail = (detail: string): void => resolve({ isHealthy: false, detail });
    try {
      const parsed = new URL(url);
      const ask = parsed.protocol === 'https:' ? requestHttps : requestHttp;
      const asked = ask(parsed, { ...options, signal }, (answer) => {
        const status = answer.statusCode ?? 0;
        answer.on('error', () => undefined);
        // What follows may have no end.
        answer.destroy();
        resolve({
          isHealthy: status >= 200 && status < 400,
          detail: `${shownUrl(parsed)} answers ${String(status)}`,
        });
      });
      asked.on('error', (error) => {
        fail(`${shownUrl(parsed)} does not answer: ${reasonOf(error, signal)}`);
      });
      asked.end();
    } catch {
      fail('it cannot be asked');
    }
  });
}

/** Without what follows the path: it may hold a secret. */
function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

function reasonOf(error: Error, { aborted }: AbortSignal): string {
  if (aborted) return 'no answer in time';
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : error.message.slice(0, 200);
}

const loopback = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

const options: RequestOptions & { readonly rejectUnauthorized: boolean } = {
  method: 'GET',
  agent: false,
  headers: { 'user-agent': 'supervene-healthcheck', accept: '*/*', connection: 'close' },
  // `localhost` is this host, whatever a resolver says.
  lookup: (_name, { all }, found) => {
    if (all === true) found(null, [...loopback]);
    else found(null, '127.0.0.1', 4);
  },
  // No certificate is of a loopback address; whoever answers there is this host.
  rejectUnauthorized: false,
};
