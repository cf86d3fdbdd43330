/**
 * Open pages, in a process of their own: each asks for the fleet, then follows it, and measures how
 * old each change is when it has been read. `pages.js URL COOKIE COUNT`; a line on stdin: `again`
 * (all of them reconnect at once) or `end`; answers are lines of JSON.
 */
import { Agent, get, type IncomingMessage } from 'node:http';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { FleetSnapshot, LiveEvent } from '../../src/domain/console/live.ts';
import { percentile } from '../fleet/figure.ts';
import { nowMs } from '../fleet/benchFleet.ts';

/** What all pages found since they were asked last. */
export interface PagesFound {
  readonly changes: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** From when the console had folded it in. */
  readonly tellP95Ms: number;
  /** Until the last page had the whole fleet, when all asked at once. */
  readonly listedMs: number;
  readonly bytesPerPage: number;
  /** Connections that ended by themselves, and pages that were told to ask anew. */
  readonly losses: number;
  readonly agains: number;
}

const [url = '', cookie = '', countText = '1'] = process.argv.slice(2);
const count = Number(countText);
const agent = new Agent({ keepAlive: false });
const streams = new Set<IncomingMessage>();
let latencies: number[] = [];
let tellMs: number[] = [];
let [listedMs, bytes, losses, agains] = [0, 0, 0, 0];

await openAll();
console.log(JSON.stringify({ listedMs }));
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'again') {
    for (const stream of streams) stream.destroy();
    streams.clear();
    await openAll();
  }
  console.log(JSON.stringify(found()));
  [latencies, tellMs, bytes, losses, agains] = [[], [], 0, 0, 0];
  if (line === 'end') process.exit();
}

async function openAll(): Promise<void> {
  const startMs = performance.now();
  await Promise.all(Array.from({ length: count }, () => openPage()));
  listedMs = performance.now() - startMs;
}

async function openPage(): Promise<void> {
  const { instance, version } = await list();
  const query = new URLSearchParams({ instance, after: String(version) });
  follow(await request(`/api/live?${query.toString()}`));
}

/** Of the list only its head is read as text: 50 browsers do not share a core. */
async function list(): Promise<Pick<FleetSnapshot, 'instance' | 'version'>> {
  const response = await request('/api/fleet?follows=yes');
  let head = '';
  for await (const piece of response.pipe(createGunzip())) {
    bytes += (piece as Buffer).length;
    if (head.length < 1_000) head += (piece as Buffer).toString('utf8', 0, 1_000);
  }
  const [, instance = '', version = ''] = /"instance":"(\w+)","version":(\d+)/.exec(head) ?? [];
  return { instance, version: Number(version) };
}

function follow(response: IncomingMessage): void {
  streams.add(response);
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    bytes += text.length;
    const events = (rest + text).split('\n\n');
    rest = events.pop() ?? '';
    const now = nowMs();
    for (const event of events) hear(JSON.parse(event.replace(/^data: /, '')) as LiveEvent, now);
  });
  response.on('error', () => undefined);
  response.on('close', () => {
    if (streams.delete(response)) losses += 1;
  });
}

function hear(event: LiveEvent, now: number): void {
  if (event.type === 'Again') agains += 1;
  if (event.type !== 'Change') return;
  tellMs.push(now - event.atMs);
  // When the generator began to write it.
  for (const row of Object.values(event.rows ?? {})) latencies.push(now - (row?.sinceMs ?? now));
}

function found(): PagesFound {
  return {
    changes: latencies.length / count,
    p50Ms: percentile(latencies, 50),
    p95Ms: percentile(latencies, 95),
    p99Ms: percentile(latencies, 99),
    maxMs: latencies.reduce((a, b) => Math.max(a, b), 0),
    tellP95Ms: percentile(tellMs, 95),
    ...{ listedMs, bytesPerPage: bytes / count, losses, agains },
  };
}

function request(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { cookie, 'accept-encoding': 'gzip' };
    get(`${url}${path}`, { headers, agent }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`${path}: ${String(response.statusCode)}`));
    }).on('error', reject);
  });
}
