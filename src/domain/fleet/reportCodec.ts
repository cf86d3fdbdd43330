/**
 * Reports as they stand in etcd: a head with what is to be said of the host and its apps, and, for
 * hosts with very many, parts with the rest, each a small JSON object, so that the change of one app
 * rewrites the head and one part at most.
 *
 * What is read was written by some version of an agent on some host: what is not understood is
 * passed over and said, the rest counts. No text that is read can do more to a terminal than be
 * shown. docs/fleet.md describes the fields for other programs.
 */
import { parseAppName } from '../appName.ts';
import { err, ok, type Result } from '../result.ts';
import { parseRevision, type Revision, revisionZero } from '../types.ts';
import { decodeUtf8 } from '../utf8.ts';
import type { AppCondition, AppReport, HostReport, ProcessReport } from './hostReport.ts';
import { emptyPacking, packItems, type Packing, type PartItem } from './reportParts.ts';

export const reportFormat = 1;

/** The apps of most hosts fit in the head. One with very many processes has a larger part. */
export const headMaxBytes = 16 * 1024;
export const partMaxBytes = 4 * 1024;

export interface EncodedReport {
  readonly head: string;
  /** Part 1 first. */
  readonly parts: readonly string[];
  /** For the next report of this host. */
  readonly packing: Packing;
}

export function encodeReport(
  { apps, others, ...host }: HostReport,
  before: Packing = emptyPacking,
): EncodedReport {
  const items = apps.map((app) => ({ key: `app ${app.app}`, text: JSON.stringify(app) }));
  if (others.length > 0) items.push({ key: othersKey, text: JSON.stringify(others) });
  const packing = packItems(items, before, {
    firstBytes: headMaxBytes - frameBytes,
    otherBytes: partMaxBytes - frameBytes,
  });
  const [first = [], ...rest] = packing.parts;
  const fields = JSON.stringify({ format: reportFormat, parts: rest.length, ...host });
  const parts = rest.map((part) => `{"format":${String(reportFormat)},${itemsText(part)}}`);
  return { head: `${fields.slice(0, -1)},${itemsText(first)}}`, parts, packing };
}

function itemsText(items: readonly PartItem[]): string {
  const texts = items.filter(({ key }) => key !== othersKey).map(({ text }) => text);
  const others = items.find(({ key }) => key === othersKey);
  return `"apps":[${texts.join(',')}]${others === undefined ? '' : `,"others":${others.text}`}`;
}

const othersKey = 'others';
/** Of what stands around the items of a part. */
const frameBytes = 64;

export interface DecodedReport {
  readonly report: HostReport;
  /** What could not be understood, for people; empty when all could. */
  readonly faults: readonly string[];
}

/**
 * The error is a sentence: nothing in it is to be had. `parts` by number, from 1. Apps of which is said
 * what was said of them `before` are the same objects as there.
 */
export function decodeReport(
  head: Uint8Array,
  parts: ReadonlyMap<number, Uint8Array>,
  before?: Pick<HostReport, 'apps'>,
): Result<DecodedReport, string> {
  const faults: string[] = [];
  const fields = parseFields(head);
  const host = text(fields?.['host']);
  if (fields === undefined || host === undefined) return err('the report cannot be read');
  noteFormat(fields, faults);
  const saidBefore = new Map(before?.apps.map((said) => [said.app as string, said]));
  const { apps, others } = readItems(fields, parts, saidBefore, faults);
  const endedAtMs = number(fields['endedAtMs']);
  const http = text(fields['http']);
  const report: HostReport = {
    host,
    instance: text(fields['instance']) ?? '',
    version: text(fields['version']) ?? '',
    addresses: texts(fields['addresses']),
    hostNames: texts(fields['hostNames']),
    atMs: number(fields['atMs']) ?? 0,
    startedAtMs: number(fields['startedAtMs']) ?? 0,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    observedRevision: revision(fields['observedRevision']) ?? revisionZero,
    appliedRevision: revision(fields['appliedRevision']) ?? revisionZero,
    problems: texts(fields['problems']),
    ...(http === undefined ? {} : { http }),
    apps: apps.toSorted((a, b) => (a.app < b.app ? -1 : 1)),
    others: others.toSorted(byId),
  };
  return ok({ report, faults });
}

function readItems(
  head: Fields,
  parts: ReadonlyMap<number, Uint8Array>,
  saidBefore: ReadonlyMap<string, AppReport>,
  faults: string[],
): { readonly apps: readonly AppReport[]; readonly others: readonly ProcessReport[] } {
  const appsByName = new Map<string, AppReport>();
  const others: ProcessReport[] = [];
  const partCount = count(head['parts']);
  const read = (fields: Fields): void => {
    for (const raw of list(fields['apps'])) {
      const app = saidAsBefore(raw, saidBefore) ?? readApp(raw, faults);
      if (app !== undefined) appsByName.set(app.app, app);
    }
    others.push(...readProcesses(fields['others'], faults));
  };
  read(head);
  const known = [...parts].filter(([part]) => part >= 1 && part <= partCount);
  const missing = partCount - known.length;
  if (missing > 0) faults.push(`${String(missing)} of ${String(partCount)} parts are missing`);
  for (const [part, bytes] of known) {
    const fields = parseFields(bytes);
    if (fields === undefined) {
      faults.push(`part ${String(part)} cannot be read`);
      continue;
    }
    noteFormat(fields, faults);
    read(fields);
  }
  return { apps: [...appsByName.values()], others };
}

/** What is equal to what was understood once is understood: nothing of it needs to be read again. */
function saidAsBefore(
  raw: unknown,
  saidBefore: ReadonlyMap<string, AppReport>,
): AppReport | undefined {
  const fields = saidBefore.size === 0 ? undefined : fieldsOf(raw);
  const name = fields?.['app'];
  const before = typeof name === 'string' ? saidBefore.get(name) : undefined;
  if (fields === undefined || before === undefined) return undefined;
  const isSame =
    fields['condition'] === before.condition &&
    fields['sinceMs'] === before.sinceMs &&
    fields['wantedRevision'] === before.wantedRevision &&
    fields['appliedRevision'] === before.appliedRevision &&
    fields['code'] === before.code &&
    fields['reason'] === before.reason &&
    fields['processesLeftOut'] === before.processesLeftOut &&
    areSameProcesses(list(fields['processes']), before.processes);
  return isSame ? before : undefined;
}

function areSameProcesses(all: readonly unknown[], before: readonly ProcessReport[]): boolean {
  return (
    all.length === before.length &&
    before.every(({ id, state, pid, startSec }, index) => {
      const fields = fieldsOf(all[index]);
      return (
        fields?.['id'] === id &&
        fields['state'] === state &&
        fields['pid'] === pid &&
        fields['startSec'] === startSec
      );
    })
  );
}

function readApp(raw: unknown, faults: string[]): AppReport | undefined {
  const fields = fieldsOf(raw);
  const name = parseAppName(text(fields?.['app']) ?? '');
  if (fields === undefined || !name.ok) {
    note(faults, 'an app of the report cannot be read');
    return undefined;
  }
  const said = text(fields['condition']);
  const condition = conditions.find((known) => known === said);
  if (condition === undefined) note(faults, `${name.value} is in a condition not known here`);
  const wantedRevision = revision(fields['wantedRevision']);
  const appliedRevision = revision(fields['appliedRevision']);
  const code = text(fields['code']);
  const reason = text(fields['reason']);
  const processesLeftOut = count(fields['processesLeftOut']);
  return {
    app: name.value,
    // Whatever it is, somebody has to look.
    condition: condition ?? 'held',
    sinceMs: number(fields['sinceMs']) ?? 0,
    ...(wantedRevision === undefined ? {} : { wantedRevision }),
    ...(appliedRevision === undefined ? {} : { appliedRevision }),
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    processes: readProcesses(fields['processes'], faults).toSorted(byId),
    ...(processesLeftOut === 0 ? {} : { processesLeftOut }),
  };
}

const conditions: readonly AppCondition[] = [
  'converged',
  'converging',
  'held',
  'rolled-back',
  'quarantined',
];

function readProcesses(raw: unknown, faults: string[]): readonly ProcessReport[] {
  const processes: ProcessReport[] = [];
  for (const one of list(raw)) {
    const fields = fieldsOf(one);
    const id = text(fields?.['id']);
    if (fields === undefined || id === undefined) {
      note(faults, 'a process of the report cannot be read');
      continue;
    }
    const state = states.find((known) => known === fields['state']) ?? 'UNKNOWN';
    const pid = count(fields['pid']);
    processes.push({ id, state, pid, startSec: count(fields['startSec']) });
  }
  return processes;
}

const states: readonly ProcessReport['state'][] = [
  ...(['STOPPED', 'STARTING', 'RUNNING', 'BACKOFF'] as const),
  ...(['STOPPING', 'EXITED', 'FATAL', 'UNKNOWN'] as const),
];

function noteFormat(fields: Fields, faults: string[]): void {
  const format = fields['format'];
  if (typeof format === 'number' && format <= reportFormat) return;
  note(faults, 'the report was written by a newer agent: some of it may be missing here');
}

/** Said once. */
function note(faults: string[], fault: string): void {
  if (!faults.includes(fault)) faults.push(fault);
}

/** As JSON gives them: what is asked for by a name of ours, and of no object by itself. */
type Fields = Readonly<Record<string, unknown>>;

function parseFields(bytes: Uint8Array): Fields | undefined {
  const decoded = decodeUtf8(bytes);
  if (!('text' in decoded)) return undefined;
  try {
    return fieldsOf(JSON.parse(decoded.text));
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Fields;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): readonly string[] {
  return list(value).flatMap((one) => text(one) ?? []);
}

/** On one line, and without what a terminal would obey. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replace(unshowable, ' ') : undefined;
}

const unshowable =
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}/gu;

function revision(value: unknown): Revision | undefined {
  return typeof value === 'string' ? parseRevision(value) : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function byId(a: ProcessReport, b: ProcessReport): number {
  return a.id < b.id ? -1 : 1;
}
