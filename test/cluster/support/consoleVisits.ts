/** Visits to the console as browsers make them: through nginx, by one of the names of the old pages. */
import type { HttpAsk } from '../../support/httpAsk.ts';
import { type ConsoleClient, type ConsoleHost, openClient } from '../../support/consoleHost.ts';
import { waitFor } from '../../support/waitFor.ts';
import { entryUrl, type NetCluster } from './cluster.ts';
import { timing } from './clusterWaits.ts';
import type { Reply, Visitor } from './visitor.ts';

/** Of the process monitor, and of the key editor. */
export const monitorName = 'monitor.ui.com';
export const editorName = 'admin.etcd.com';

/** Like somebody with a browser, who has not logged in. */
export function comeToConsole(visitor: Visitor, name = monitorName): Promise<ConsoleClient> {
  return openClient(`http://${name}`, sendBy(visitor, name), {}, '');
}

export function sendBy(visitor: Visitor, name: string): ConsoleHost['send'] {
  return async ({ method = 'GET', path, headers = {}, body = '' }: HttpAsk) => {
    const given = Object.entries(headers).map(([key, value]) => [key, String(value)] as const);
    const reply = await visitor.ask({
      ...{ url: new URL(path, entryUrl).href, host: name, method },
      ...{ headers: Object.fromEntries(given), body: String(body) },
    });
    return {
      ...{ status: reply.status, headers: reply.headers, text: reply.body },
      cookies: reply.headers['set-cookie'] ?? [],
      bytes: Buffer.from(reply.body),
      json: <T>() => JSON.parse(reply.body) as T,
    };
  };
}

/** As the address bar asks. */
export function browse(visitor: Visitor, host: string, path: string): Promise<Reply> {
  const headers = { accept: 'text/html,application/xhtml+xml' };
  return visitor.ask({ url: entryUrl.slice(0, -1) + path, host, method: 'GET', headers, body: '' });
}

/** Where such a visit ends: status and path, and whether the page of the console is there. */
export async function whereTo(visitor: Visitor, host: string, path: string) {
  let at = path;
  for (let count = 0; count < 3; count += 1) {
    const { status, headers, body } = await browse(visitor, host, at);
    if (headers.location === undefined) {
      return { status, at, isPage: body.includes('<div id="page">') };
    }
    at = headers.location;
  }
  throw new Error(`${host}${path} leads round in a circle, by ${at}`);
}

/** The token of the address that the console has printed last, while there are no users. */
export function setUpToken({ proxy }: NetCluster): string | undefined {
  return [...proxy.supervisord.output().matchAll(/#set-up=(\S+)/g)].at(-1)?.[1];
}

/** It knows who was logged out. */
export async function waitForConsole({ visitor }: NetCluster): Promise<void> {
  const ask = sendBy(visitor, monitorName);
  const isSo = async (): Promise<boolean> =>
    (await ask({ path: '/api/session', headers: { cookie: 'supervene-session=x' } })).status ===
    200;
  await waitFor('the console behind nginx', isSo, timing);
}
