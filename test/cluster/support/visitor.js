/**
 * Runs on a host of its own and visits the cluster: single requests, and a load at a constant rate,
 * whatever the answers are like. Plain JavaScript, because it runs as it is; told what to do, and
 * telling, by messages (see visitor.ts).
 *
 * Of every four requests of a load two come on connections that are kept, and two on one of their
 * own; of each pair one is a GET and one a POST, which nginx does not send to a second host.
 */
import { Agent, request } from 'node:http';
import process from 'node:process';

const timeoutMs = 10_000;
const kept = new Agent({ keepAlive: true, maxSockets: 64, timeout: 60_000 });
let load;
let feed;

const jobs = {
  get: async ({ url, host, headers }) => {
    const { status, body } = await ask({ url, host, headers, method: 'GET', agent: false });
    return { status, body };
  },
  ask: (options) => ask({ ...options, agent: false }),
  openFeed: async (options) => {
    feed = await openFeed(options);
    return feed.look().status;
  },
  lookAtFeed: async () => feed.look(),
  closeFeed: async () => feed.close(),
  startLoad: async (options) => {
    load = startLoad(options);
    return undefined;
  },
  stopLoad: () => load.stop(),
  // What it looks like until now.
  lookAtLoad: async () => load.report(),
};

process.on('message', ({ id, job, options }) => {
  jobs[job](options).then(
    (value) => process.send({ id, value }),
    (error) => process.send({ id, error: describe(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send({ id: 0 });

/** Status, headers and body; rejects when there is no whole answer in time. */
function ask({ url, host, headers = {}, method, agent, body = '' }) {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      { method, agent, headers: { host, 'content-length': Buffer.byteLength(body), ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () =>
          response.complete
            ? done(resolve, {
                status: response.statusCode ?? 0,
                headers: response.headers,
                body: text,
              })
            : done(reject, new Error('the answer broke off')),
        );
        response.on('error', (error) => done(reject, error));
      },
    );
    const timer = setTimeout(
      () => asked.destroy(new Error(`no answer in ${timeoutMs} ms`)),
      timeoutMs,
    );
    const done = (settle, value) => {
      clearTimeout(timer);
      settle(value);
    };
    asked.on('error', (error) => {
      // A server may close a kept connection just as it is used again, without having read what came:
      // clients then ask again on a new one, as curl and browsers do.
      error.isStale = asked.reusedSocket && error.code === 'ECONNRESET';
      done(reject, error);
    });
    asked.end(body);
  });
}

/** An answer that goes on: what of it has come until now. */
function openFeed({ url, host, headers }) {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, headers: { host, ...headers } }, (response) => {
      let body = '';
      let isOver = false;
      response.setEncoding('utf8');
      response.on('data', (chunk) => (body += chunk));
      response.on('error', () => (isOver = true));
      response.on('close', () => (isOver = true));
      resolve({
        look: () => ({ status: response.statusCode ?? 0, body, isOver }),
        close: () => {
          asked.destroy();
        },
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

function startLoad({ url, host, perSecond, body }) {
  const startMs = Date.now();
  const found = { sent: 0, answered: 0, askedAgain: 0, slowestMs: 0, lost: [], seen: {} };
  const pending = new Set();
  const one = async (number) => {
    const isKept = number % 2 === 0;
    const method = number % 4 < 2 ? 'GET' : 'POST';
    const sentMs = Date.now();
    const send = (agent) => ask({ url, host, method, agent, body: method === 'POST' ? body : '' });
    try {
      const answer = await send(isKept ? kept : false).catch((error) => {
        if (!error.isStale) throw error;
        found.askedAgain += 1;
        return send(false);
      });
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
      found.answered += 1;
      note(found.seen, answer.body.trim().replace(/, process \d+/, ''), Date.now() - startMs);
      found.slowestMs = Math.max(found.slowestMs, Date.now() - sentMs);
    } catch (error) {
      const detail = describe(error);
      found.lost.push({
        atMs: sentMs - startMs,
        tookMs: Date.now() - sentMs,
        method,
        isKept,
        detail,
      });
    }
  };
  // So many as are due by the clock: a timer that is late must not lower the rate.
  const tick = () => {
    const due = Math.floor(((Date.now() - startMs) / 1000) * perSecond);
    while (found.sent < due) {
      const asking = one(found.sent).finally(() => pending.delete(asking));
      pending.add(asking);
      found.sent += 1;
    }
  };
  const timer = setInterval(tick, 5);
  const report = () => ({ ...found, durationMs: Date.now() - startMs });
  return {
    report,
    stop: async () => {
      clearInterval(timer);
      const { durationMs } = report();
      await Promise.all(pending);
      return { ...report(), durationMs };
    },
  };
}

function note(seen, who, atMs) {
  seen[who] ??= { answers: 0, firstMs: atMs, lastMs: atMs };
  seen[who].answers += 1;
  seen[who].lastMs = Math.max(seen[who].lastMs, atMs);
}

function describe(error) {
  return `${error.code ?? ''} ${error.message}`.trim();
}
