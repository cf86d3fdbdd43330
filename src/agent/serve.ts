/** What the agent tells: HTTP on loopback for everybody, a private socket for its operator. */
import { join } from 'node:path';
import { mapHas } from '../../reducers/persistentMap.ts';
import { type AppName, revisionZero } from '../domain/types.ts';
import type { Event } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { failLoudly } from '../fault.ts';
import { createControlServer } from '../http/controlServer.ts';
import {
  createHttpServer,
  type HttpServer,
  type HttpServerDeps,
  type Verdict,
} from '../http/httpServer.ts';
import { createMetrics, type Metrics } from '../http/metrics.ts';
import type { Log } from '../log/log.ts';
import type { Loop } from '../loop.ts';
import type { Settings } from '../settings/settings.ts';
import type { AgentJournal } from './agentJournal.ts';
import { copyInThread, createJournalCopies } from './journalCopies.ts';
import { createJournalReader } from './journalPieces.ts';
import type { FleetFacts } from './fleet/fleetTally.ts';
import type { TemplatesFacts } from './templates/startTemplates.ts';
import { stepOutcomes, watchProgress } from './progress.ts';
import {
  type AgentFacts,
  countApps,
  countHeld,
  describeState,
  isApplied,
  unreadiness,
} from './view.ts';

export interface ServeDeps {
  readonly loop: Loop;
  readonly log: Log;
  readonly version: string;
  readonly journal: AgentJournal;
  readonly fleetFacts: () => FleetFacts;
  readonly templatesFacts: () => TemplatesFacts;
  /** Asked for over HTTP; undefined: none. */
  readonly httpToken: string | undefined;
  /** For `GET /logs`. */
  readonly readLog: NonNullable<HttpServerDeps['readLog']>;
}

export interface Served {
  readonly onPoll: (seconds: number) => void;
  /** As /healthz and /readyz say it. */
  readonly isHealthy: () => Verdict;
  readonly readiness: () => Verdict;
  close(): Promise<void>;
}

/** The error is a sentence that says what cannot be listened on. */
export async function serve(settings: Settings, deps: ServeDeps): Promise<Result<Served, string>> {
  const { loop, log } = deps;
  const facts = watchFacts(deps);
  const metrics = watchMetrics(deps, facts);
  const stateJson = (): unknown => ({
    ...describeState(loop.current(), facts()),
    ...describeTemplates(deps.templatesFacts()),
  });
  const isHealthy = watchProgress(loop, () => performance.now());
  const readiness = (): Verdict => {
    const reasons = unreadiness(loop.current(), facts());
    return { ok: reasons.length === 0, reasons };
  };
  const control = await createControlServer(
    {
      stateJson,
      hostId: settings.host.id,
      readLog: deps.readLog,
      retry: (app, by) => {
        if (!mapHas(loop.current().state.appsByName, app)) {
          return err({ status: 404, error: `no app ${app} on this host` });
        }
        log.info({ app, by }, 'retry was asked for');
        loop.dispatch({ type: 'RetryRequested', app: app as AppName, by });
        return ok({ app });
      },
      confirm: (by) => {
        log.info({ by }, 'the removals held here are confirmed');
        loop.dispatch({ type: 'RemovalsConfirmed', by });
        return ok({ host: settings.host.id });
      },
    },
    { socketPath: join(settings.journal.dir, 'control.sock') },
  );
  if (!control.ok) return control;
  const { readLog } = deps;
  const { readJournal, closeCopies } = serveJournal(settings.journal.dir, loop);
  const metricsText = (): Promise<string> => metrics.text();
  const served = { isHealthy, readiness, stateJson, readLog, readJournal, metricsText };
  const http = await listenForever(() => listen(settings, deps, served), log);
  return ok({
    onPoll: metrics.observePoll,
    isHealthy,
    readiness,
    close: async () => {
      await http.close();
      await control.value.close();
      closeCopies();
    },
  });
}

function serveJournal(journalDir: string, loop: Loop) {
  const copies = createJournalCopies({
    make: (segments) => copyInThread({ journalDir, segments }),
    nowMs: () => performance.now(),
    waitMaxMs: 4_000,
    idleMs: 60_000,
  });
  const last = () => {
    const { seq, atMs } = loop.current().state;
    return { seq, atMs };
  };
  return {
    readJournal: createJournalReader({ journalDir, last, copies }),
    closeCopies: copies.close,
  };
}

/** Nothing where there is no template. */
function describeTemplates(facts: TemplatesFacts) {
  return facts.templates.length === 0 ? {} : { templates: facts };
}

/** A port that is taken keeps nobody from being looked after: said, and tried again. */
async function listenForever(
  tryToListen: () => Promise<Result<HttpServer | undefined, string>>,
  log: Log,
): Promise<{ close(): Promise<void> }> {
  let server: HttpServer | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let lastError = '';
  const attempt = async (): Promise<void> => {
    const result = await tryToListen();
    if (result.ok) server = result.value;
    else {
      if (result.error !== lastError) log.error({}, `${result.error}; trying again`);
      lastError = result.error;
      timer = setTimeout(() => void attempt(), listenRetryMs);
    }
    if (isClosed) await server?.close();
  };
  await attempt();
  return {
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await server?.close();
    },
  };
}

const listenRetryMs = 2_000;

async function listen(
  settings: Settings,
  { log, httpToken }: ServeDeps,
  served: HttpServerDeps,
): Promise<Result<HttpServer | undefined, string>> {
  const { listen: address } = settings.http;
  if (address === undefined) return ok(undefined);
  const server = await createHttpServer(served, { listen: address, token: httpToken });
  if (server.ok) log.debug({ address: server.value.address }, 'listening');
  return server;
}

/** What is known of the agent beside its state; the applied revision follows the views. */
function watchFacts({ loop, version, journal }: ServeDeps): () => AgentFacts {
  const startedAtMs = Date.now();
  let appliedRevision = revisionZero;
  loop.view$.subscribe({
    next: (view) => {
      if (isApplied(view)) appliedRevision = view.state.source.revision;
    },
    error: failLoudly,
  });
  return () => ({
    version,
    pid: process.pid,
    startedAtMs,
    appliedRevision,
    journalFault: loop.journalFault() ?? journal.fault(),
  });
}

function watchMetrics(
  { loop, version, journal, fleetFacts, templatesFacts }: ServeDeps,
  facts: () => AgentFacts,
): Metrics {
  let lastListingAtMs: number | undefined;
  const metrics = createMetrics({
    version,
    snapshot: () => {
      const { state, plan } = loop.current();
      return {
        appsByState: countApps(state),
        heldByCode: countHeld(plan),
        quarantined: describeState(loop.current(), facts()).quarantined.length,
        observedRevision: state.source.revision,
        appliedRevision: facts().appliedRevision,
        lastListingAtMs,
        isEtcdConnected: state.source.status === 'Current',
        isSupervisorConnected: state.supervisor.status === 'Reachable',
        journalBytes: journal.sizeBytes(),
        fleet: fleetFacts(),
        templates: templatesFacts().templates,
      };
    },
  });
  loop.recorded$.subscribe({
    next: ({ event, atMs }) => {
      if (event.type === 'DesiredListed') lastListingAtMs = atMs;
      countEvent(metrics, event);
    },
    error: failLoudly,
  });
  return metrics;
}

function countEvent(metrics: Metrics, event: Event): void {
  metrics.countEvent(event.type);
  if (event.type === 'PlanStarted') metrics.countPlan();
  const step = stepOutcomes.get(event.type);
  if (step === undefined) return;
  const isFailed = 'error' in event && event.error !== undefined;
  metrics.countStep(step, isFailed || event.type === 'RereadRefused' ? 'failed' : 'ok');
}
