/**
 * One app on one host: what etcd wants, what the host says, and what to make of both.
 *
 * A host is taken at its word only once it has seen what etcd says now: an older word of it, good or
 * bad, is about something else. Pure, and without a clock.
 */
import { compareRevisions, type Revision, revisionZero } from '../types.ts';
import { type Doubt, doubtOf } from './doubt.ts';
import type { AppCondition, AppReport, HostReport, ProcessReport } from './hostReport.ts';
import type { WantedApp } from './wantedApp.ts';

/** `lost`: nobody there answers for it now, or nobody ever did. */
export type FleetCondition = AppCondition | 'lost';

/** The most urgent first: what needs somebody before what passes by itself. */
export const conditions: readonly FleetCondition[] = [
  'quarantined',
  'rolled-back',
  'lost',
  'held',
  'converging',
  'converged',
];

export interface FleetRow {
  readonly app: string;
  /**
   * A `host.id`, or an item of the placement that no host answers to; undefined when the app itself
   * is at fault, and there is no telling whose it is.
   */
  readonly host: string | undefined;
  readonly condition: FleetCondition;
  /** Of the content in etcd; undefined when the app is to go from there. */
  readonly desiredRevision: Revision | undefined;
  /** Of the content that supervisord has, as far as is known. */
  readonly appliedRevision: Revision | undefined;
  /** By the clock of that host; undefined when it has not said, and when nobody can know. */
  readonly sinceMs: number | undefined;
  /** With a reason unless it is converged. */
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly processes: readonly ProcessReport[];
  /** Undefined: they are so now; otherwise they were so last. */
  readonly doubt: Doubt | undefined;
  /** Of a host that is lost: when it wrote last. It writes on changes only: it may have lived on. */
  readonly lastWordMs: number | undefined;
}

/** A host as the fleet knows it. */
export interface FleetHost {
  readonly host: string;
  /** Its agent's lease is there. */
  readonly isAlive: boolean;
  /** The newest word of it; undefined when that cannot be read. */
  readonly report: HostReport | undefined;
  /** What of its report cannot be read, and why; empty when all can. */
  readonly faults: readonly string[];
}

/** Undefined when that app is no matter of that host. `said`: what its report has of the app. */
export function assessRow(
  { host, isAlive, report }: FleetHost,
  app: string,
  wanted: WantedApp | undefined,
  isPlaced: boolean,
  said = reported(report, app),
): FleetRow | undefined {
  if (!isPlaced && said === undefined) return undefined;
  const row = {
    app,
    host,
    desiredRevision: isPlaced ? wanted?.contentRevision : undefined,
    appliedRevision: said?.appliedRevision,
    processes: said?.processes ?? [],
    doubt: doubtOf(isAlive, report),
    lastWordMs: isAlive ? undefined : report?.atMs,
  };
  if (!isAlive) return { ...row, condition: 'lost', ...whyLost(report) };
  const word = isPlaced ? wordOnPlaced(report, said, wanted) : wordOnLeaving(report, said, wanted);
  return { ...row, ...word };
}

type Word = Pick<FleetRow, 'condition' | 'sinceMs' | 'code' | 'reason'>;

/** Apps are sorted, but there are few: one host's. */
function reported(report: HostReport | undefined, app: string): AppReport | undefined {
  return report?.apps.find((one) => one.app === app);
}

/** Of a host that is lost, or never was. */
export function whyLost(report: HostReport | undefined): Pick<Word, 'sinceMs' | 'code' | 'reason'> {
  if (report === undefined) {
    const reason = 'its agent does not answer, and what it told cannot be read';
    return { sinceMs: undefined, code: 'HostLost', reason };
  }
  if (report.endedAtMs !== undefined) {
    const reason = 'its agent was ended; shown is what it told last';
    return { sinceMs: report.endedAtMs, code: 'AgentEnded', reason };
  }
  const reason = 'its agent does not answer; shown is what it told last';
  return { sinceMs: undefined, code: 'HostLost', reason };
}

function wordOnPlaced(
  report: HostReport | undefined,
  said: AppReport | undefined,
  wanted: WantedApp | undefined,
): Word {
  if (said !== undefined && wanted !== undefined && hasSeen(report, said, wanted)) {
    return wordOf(said);
  }
  const fault = wanted?.fault;
  return fault === undefined ? notSeen(wanted) : { ...fault, sinceMs: undefined };
}

function hasSeen(
  report: HostReport | undefined,
  { wantedRevision, condition }: AppReport,
  { contentRevision, revision }: WantedApp,
): boolean {
  if (wantedRevision !== undefined && contentRevision !== undefined) {
    return compareRevisions(wantedRevision, contentRevision) >= 0;
  }
  // It does not want this content, for a reason of its own: or it has not heard of it.
  const isIdle = condition === 'converged' || condition === 'converging';
  return !isIdle && isObserved(report, revision);
}

function isObserved(report: HostReport | undefined, revision: Revision): boolean {
  return report !== undefined && compareRevisions(report.observedRevision, revision) >= 0;
}

/** An app that is to go: nothing of it is left when it is no longer reported. */
function wordOnLeaving(
  report: HostReport | undefined,
  said: AppReport | undefined,
  wanted: WantedApp | undefined,
): Word {
  if (said !== undefined && knowsOfLeaving(report, said, wanted)) return wordOf(said);
  const why = wanted === undefined ? 'it was unpublished' : 'it is placed elsewhere';
  const reason = `${why}, and is to go; this host has not said yet that it knows`;
  return { condition: 'converging', sinceMs: undefined, code: 'NotSeen', reason };
}

function knowsOfLeaving(
  report: HostReport | undefined,
  { condition, wantedRevision }: AppReport,
  wanted: WantedApp | undefined,
): boolean {
  if (condition === 'converged') return false;
  if (wantedRevision === undefined) return true;
  // It was told to go and will not, being unsigned, say: or that was said of something older.
  const isIdle = condition === 'converging';
  return !isIdle && wanted !== undefined && isObserved(report, wanted.revision);
}

function wordOf({ condition, sinceMs, code, reason }: AppReport): Word {
  return { condition, sinceMs, code, reason };
}

function notSeen(wanted: WantedApp | undefined): Word {
  const revision = wanted?.revision ?? revisionZero;
  const reason = `this host has not said yet that it knows revision ${revision}`;
  return { condition: 'converging', sinceMs: undefined, code: 'NotSeen', reason };
}

/** A row of an app that no host answers for. */
export function rowWithoutHost(wanted: WantedApp, host: string | undefined): FleetRow {
  const { app, contentRevision, fault } = wanted;
  const row = { app, host, desiredRevision: contentRevision, appliedRevision: undefined };
  const rest = { sinceMs: undefined, processes: [], doubt: undefined, lastWordMs: undefined };
  if (fault !== undefined) return { ...row, ...rest, ...fault };
  const reason = 'no host has ever reported that this names';
  return { ...row, ...rest, condition: 'lost', code: 'NeverSeen', reason };
}

/** The most urgent first; then by app and host. */
export function compareRows(a: FleetRow, b: FleetRow): number {
  return (
    conditions.indexOf(a.condition) - conditions.indexOf(b.condition) ||
    compareText(a.app, b.app) ||
    compareText(a.host ?? '', b.host ?? '')
  );
}

export function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Nobody who looks can tell them apart. */
export function isSameRow(a: FleetRow, b: FleetRow): boolean {
  return (
    a.app === b.app &&
    a.host === b.host &&
    a.condition === b.condition &&
    a.desiredRevision === b.desiredRevision &&
    a.appliedRevision === b.appliedRevision &&
    a.sinceMs === b.sinceMs &&
    a.code === b.code &&
    a.reason === b.reason &&
    a.doubt === b.doubt &&
    a.lastWordMs === b.lastWordMs &&
    a.processes.length === b.processes.length &&
    a.processes.every((process, index) => isSameProcess(process, b.processes[index]))
  );
}

function isSameProcess(a: ProcessReport, b: ProcessReport | undefined): boolean {
  return a.id === b?.id && a.state === b.state && a.pid === b.pid && a.startSec === b.startSec;
}
