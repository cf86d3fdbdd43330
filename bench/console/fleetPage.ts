/**
 * What one changed row among 50,000 costs the fleet's page: to find it, filter, group, sort and lay
 * out the lines, as the page does it. `node --import ./test/support/runTs.js bench/console/fleetPage.ts`
 * prints milliseconds; nothing is judged by them.
 */
import { loadavg } from 'node:os';
import process from 'node:process';
import { rowKey, type LiveHost } from '../../src/domain/console/live.ts';
import type { FleetCondition, FleetRow } from '../../src/domain/fleet/fleetRow.ts';
import type { Revision } from '../../src/domain/types.ts';
import { changeRows, rowMapOf } from '../../src/console/page/core/rowMap.ts';
import { noAlarm, reduceAlarm } from '../../src/console/page/fleet/alarmState.ts';
import { fleetLines } from '../../src/console/page/fleet/fleetLines.ts';
import { createFleetIndex } from '../../src/console/page/fleet/fleetModel.ts';
import { type FleetQuery, wholeFleet } from '../../src/console/page/fleet/fleetQuery.ts';
import { matrixOf } from '../../src/console/page/fleet/matrixModel.ts';

const [hostCount, appCount, changes] = [1000, 50, 200];

const hosts = new Map<string, LiveHost>();
for (let n = 0; n < hostCount; n += 1) hosts.set(`host${String(n)}`, hostOf(n));
const listed = new Map<string, FleetRow>();
for (let host = 0; host < hostCount; host += 1) {
  for (let app = 0; app < appCount; app += 1) {
    const row = rowOf(host, app, (host * 31 + app * 17) % 211 === 0 ? 'held' : 'converged');
    listed.set(rowKey(row), row);
  }
}
const first = rowMapOf(listed);

const cases: readonly (readonly [string, FleetQuery])[] = [
  ['by host', wholeFleet],
  ['by app', { ...wholeFleet, by: 'app' }],
  ['by host, "host1 app"', { ...wholeFleet, text: 'host1 app' }],
  ['by app, only urgent', { ...wholeFleet, by: 'app', isUrgentOnly: true }],
  ['matrix', { ...wholeFleet, by: 'matrix' }],
];

console.log(`load ${loadavg()[0]?.toFixed(1) ?? '?'}; milliseconds: first, then one row changed`);
for (const [name, query] of cases) measure(name, query);

function measure(name: string, query: FleetQuery): void {
  const derive = createFleetIndex();
  let rows = first;
  let cpuUs = 0;
  let alarm = reduceAlarm(noAlarm, { type: 'FleetSeen', fleet: { hosts, rows }, atMs: 0 });
  const begunAt = performance.now();
  show(derive({ hosts, rows }, query), query);
  const wholeMs = performance.now() - begunAt;
  const tookMs: number[] = [];
  const [copyMs, alarmMs]: [number[], number[]] = [[], []];
  for (let n = 0; n < changes; n += 1) {
    const row = rowOf((n * 7919) % hostCount, (n * 13) % appCount, 'converging');
    const copiedAt = performance.now();
    rows = changeRows(rows, { [rowKey(row)]: row });
    const cpu = process.cpuUsage();
    const at = performance.now();
    show(derive({ hosts, rows }, query), query);
    const { user, system } = process.cpuUsage(cpu);
    cpuUs += user + system;
    const shownAt = performance.now();
    alarm = reduceAlarm(alarm, { type: 'FleetSeen', fleet: { hosts, rows }, atMs: n });
    copyMs.push(at - copiedAt);
    tookMs.push(shownAt - at);
    alarmMs.push(performance.now() - shownAt);
  }
  const parts = [wholeMs, middle(tookMs), nth(tookMs, 0.95), middle(copyMs), middle(alarmMs)];
  const [whole, p50, p95, copy, raise] = parts.map((ms) => ms.toFixed(1));
  const cpu = (cpuUs / changes / 1000).toFixed(1);
  const rest = `cpu ${cpu}, p50 ${p50 ?? ''}, p95 ${p95 ?? ''}; the copy ${copy ?? ''}, the alarm ${raise ?? ''}`;
  console.log(`${name.padEnd(22)} ${whole ?? ''}; ${rest}`);
}

function show(index: ReturnType<ReturnType<typeof createFleetIndex>>, { by }: FleetQuery): void {
  if (by === 'matrix') matrixOf(index.groups);
  else fleetLines(index.groups, () => true);
}

function nth(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? 0;
}

function middle(values: readonly number[]): number {
  return nth(values, 0.5);
}

function hostOf(n: number): LiveHost {
  const nothing = { startedAtMs: null, reportedAtMs: null, endedAtMs: null };
  return {
    ...{ host: `host${String(n)}`, isAlive: true, version: null, ...nothing },
    ...{ addresses: [`10.0.${String(n >> 8)}.${String(n & 255)}`], hostNames: [] },
    ...{ problems: [], hasHttp: false, others: [] },
  };
}

function rowOf(host: number, app: number, condition: FleetCondition): FleetRow {
  const name = `app${String(app)}`;
  return {
    ...{ app: name, host: `host${String(host)}`, condition },
    ...{ desiredRevision: '7' as Revision, appliedRevision: '7' as Revision, sinceMs: 1 },
    ...{ code: undefined, reason: undefined, doubt: undefined, lastWordMs: undefined },
    processes: [{ id: `${name}:${name}`, state: 'RUNNING', pid: 7, startSec: 7 }],
  };
}
