/**
 * What this host tells the fleet, from its state and its plan: each app with one word, and since
 * when and why where that word is not `converged`.
 *
 * Texts are those of the plan, which hold no content; they are cut to a length. An app that is
 * settled and as it was is the very report of before: nothing is worked out again for it.
 */
import type { AppReport, HostReport, ProcessReport } from '../src/domain/fleet/hostReport.ts';
import type { Plan } from '../src/domain/plan.ts';
import type { ProcessStatus, Revision } from '../src/domain/types.ts';
import { conditionOf, isReported, wantedRevisionOf } from './appCondition.ts';
import { mapEntries, mapGet, mapHas, mapKeysSorted } from './persistentMap.ts';
import { type AppState, asAppName } from './appState.ts';
import type { State } from './state.ts';
import { knownVersion } from './target.ts';

export interface ReportFacts {
  readonly host: string;
  readonly instance: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** The newest revision that was observed when everything was applied. */
  readonly appliedRevision: Revision;
  readonly journalFault: string | undefined;
  readonly http: string | undefined;
  /** What else is the matter with the host, as `Code: why`. */
  readonly alsoProblems?: readonly string[];
}

/** A report with what it was made from, for the next one. */
export interface Reported {
  readonly report: HostReport;
  readonly basesByApp: ReadonlyMap<string, Basis>;
}

interface Basis {
  readonly app: AppState;
  readonly processes: readonly ProcessStatus[];
  readonly report: AppReport;
}

/** Of one app, and of what runs beside the apps. */
export const processesMax = 100;
export const problemsMax = 20;
export const reasonMax = 300;

export function reportHost(
  { state, plan }: { readonly state: State; readonly plan: Plan },
  facts: ReportFacts,
  before: Reported | undefined,
): Reported {
  const previous = before === undefined ? [] : before.report.apps;
  const previousByApp = new Map<string, AppReport>(previous.map((app) => [app.app, app]));
  const basesByApp = new Map<string, Basis>();
  const apps: AppReport[] = [];
  for (const name of mapKeysSorted(state.appsByName)) {
    const app = mapGet(state.appsByName, name);
    if (app === undefined || !isReported(app)) continue;
    const processes = mapGet(state.groups, name) ?? [];
    const basis = before?.basesByApp.get(name);
    const isAsBefore =
      basis?.app === app && basis.processes === processes && !mapHas(state.unsettled, name);
    const report = isAsBefore
      ? basis.report
      : reportApp(state, app, previousByApp.get(name), facts.nowMs);
    apps.push(report);
    if (!mapHas(state.unsettled, name)) basesByApp.set(name, { app, processes, report });
  }
  return { report: { ...ofHost(state, plan, facts), apps }, basesByApp };
}

function ofHost(state: State, plan: Plan, facts: ReportFacts): Omit<HostReport, 'apps'> {
  const { host, instance, version, startedAtMs, nowMs, appliedRevision, http } = facts;
  const { current } = state.identity;
  const others: ProcessReport[] = [];
  for (const [group, processes] of mapEntries(state.groups)) {
    const app = mapGet(state.appsByName, group);
    if (app === undefined || !isReported(app)) others.push(...processes.map(reportProcess));
  }
  return {
    host,
    instance,
    version,
    addresses: current?.addresses ?? [],
    hostNames: current?.hostNames ?? [],
    atMs: nowMs,
    startedAtMs,
    observedRevision: state.source.revision,
    appliedRevision,
    problems: problemsOf(plan, facts).slice(0, problemsMax),
    ...(http === undefined ? {} : { http }),
    others: others.toSorted(byId).slice(0, processesMax),
  };
}

function problemsOf(plan: Plan, facts: ReportFacts): readonly string[] {
  const { journalFault, alsoProblems = [] } = facts;
  const held = plan.held.filter(({ app }) => app === undefined);
  const problems = held.map(({ code, reason }) => `${code}: ${cut(reason)}`);
  const unwritable = journalFault === undefined ? [] : [`JournalUnwritable: ${cut(journalFault)}`];
  return [...problems, ...unwritable, ...alsoProblems.map(cut)];
}

function reportApp(
  state: State,
  app: AppState,
  before: AppReport | undefined,
  nowMs: number,
): AppReport {
  const processes = mapGet(state.groups, app.name) ?? [];
  const { condition, code, reason } = conditionOf(state, app, processes);
  const isSame = before?.condition === condition && before.code === code;
  const wantedRevision = wantedRevisionOf(app);
  const appliedRevision = appliedRevisionOf(app, wantedRevision);
  return {
    app: asAppName(app),
    condition,
    sinceMs: isSame ? before.sinceMs : nowMs,
    ...(wantedRevision === undefined ? {} : { wantedRevision }),
    ...(appliedRevision === undefined ? {} : { appliedRevision }),
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason: cut(reason) }),
    processes: processes.map(reportProcess).toSorted(byId).slice(0, processesMax),
    ...(processes.length > processesMax
      ? { processesLeftOut: processes.length - processesMax }
      : {}),
  };
}

/**
 * Content that was published again without a change is applied as soon as it is seen: what runs is
 * what it says, though the file still names the revision that it was written for.
 */
function appliedRevisionOf(app: AppState, wanted: Revision | undefined): Revision | undefined {
  const { desired, loaded, file } = app;
  if (loaded === undefined) return undefined;
  if (desired.type === 'Wanted' && desired.version.sha256 === loaded.versionSha256) return wanted;
  const version = knownVersion(app, loaded.versionSha256);
  if (version !== undefined) return version.revision;
  return file?.type === 'Ours' && file.sha256 === loaded.fileSha256 ? file.revision : undefined;
}

function reportProcess({ id, state, pid, startSec }: ProcessStatus): ProcessReport {
  return { id, state, pid, startSec };
}

function byId(a: ProcessReport, b: ProcessReport): number {
  return a.id < b.id ? -1 : 1;
}

function cut(text: string): string {
  if (text.length <= reasonMax) return text;
  const points = Array.from(text.slice(0, reasonMax * 2));
  return `${points.slice(0, reasonMax - 1).join('')}…`;
}
