/**
 * What the agent on this host would do now. Touches nothing: reads the journal for what is held
 * and quarantined, looks once at etcd, supervisord and the files, and rehearses from there.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncScheduler, EMPTY, firstValueFrom, NEVER, type Observable, timeout } from 'rxjs';
import { reduce } from '../../reducers/reduce.ts';
import { mapEntries } from '../../reducers/persistentMap.ts';
import { initialState, type State } from '../../reducers/state.ts';
import { createProbeHost } from '../../effects/probeHost.ts';
import { watchConfFiles } from '../../streams/watchConfFiles.ts';
import { watchDesired } from '../../streams/watchDesired.ts';
import { watchIdentity } from '../../streams/watchIdentity.ts';
import { watchProcesses } from '../../streams/watchProcesses.ts';
import { readSupervisorConfs } from '../../streams/conf/includes.ts';
import { createEtcdClient, type EtcdClient } from '../clients/etcd.ts';
import { createSupervisor, type Supervisor } from '../clients/supervisor.ts';
import { loadTrust, type Trust } from '../clients/trustKeys.ts';
import { colourDiff, unifiedDiff } from '../commands/unifiedDiff.ts';
import type { Event } from '../domain/event.ts';
import type { PlanStep } from '../domain/plan.ts';
import { listSegments, readSegment } from '../journal/segment.ts';
import { decodeState } from '../../reducers/stateCodec.ts';
import { reduceAll } from '../../reducers/reduce.ts';
import { etcdConnection, supervisorConnection } from '../settings/connections.ts';
import { type Settings, toDecisionSettings } from '../settings/settings.ts';
import { reread } from './executor.ts';
import { lookUpOwner } from './fileOwner.ts';
import { rehearse, type Rehearsal } from './rehearse.ts';
import { concernsHost } from './sources.ts';
import { describeStep } from './view.ts';

export interface PlanIo {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Colours are welcome on standard output. */
  readonly hasColours: boolean;
}

/** How long etcd, supervisord and the disk are waited for, together, in milliseconds. */
const lookMs = 15_000;

/** Exit code: 0 nothing to do, 1 could not find out, 3 something to do. */
export async function runPlan(
  settings: Settings,
  options: { readonly json: boolean },
  io: PlanIo,
): Promise<number> {
  const fail = (message: string): number => {
    io.writeError(`error: ${message}\n`);
    return 1;
  };
  const etcdOptions = etcdConnection(settings);
  if (!etcdOptions.ok) return fail(etcdOptions.error);
  const supervisorOptions = supervisorConnection(settings);
  if (!supervisorOptions.ok) return fail(supervisorOptions.error);
  const etcd = createEtcdClient(etcdOptions.value);
  const supervisor = createSupervisor(supervisorOptions.value);
  try {
    const looked = await lookAtEverything(settings, etcd, supervisor);
    if (typeof looked === 'string') return fail(looked);
    const probe = createProbeHost(
      {
        getSupervisordPid: () => pidOf(supervisor),
        readConfTexts: () => readSupervisorConfs(settings.supervisor.config),
      },
      { configPath: settings.supervisor.config, confDir: settings.files.dir },
    );
    const rehearsal = await rehearse(looked, { probe, reread: () => reread(supervisor) });
    const text = options.json
      ? `${JSON.stringify(await asJson(settings, looked, rehearsal), undefined, 2)}\n`
      : await asText(settings, looked, rehearsal, io.hasColours);
    io.writeOut(text);
    return rehearsal.steps.length > 0 ? 3 : 0;
  } finally {
    etcd.close();
    supervisor.close();
  }
}

async function pidOf(supervisor: Supervisor): Promise<number | undefined> {
  const instance = await supervisor.getInstance();
  return instance.ok ? instance.value.pid : undefined;
}

/** A sentence instead of a state when something could not be looked at. */
export async function lookAtEverything(
  settings: Settings,
  etcd: EtcdClient,
  supervisor: Supervisor,
): Promise<State | string> {
  const owner = await lookUpOwner(settings.files.owner);
  if (!owner.ok) return owner.error;
  const trust = await loadTrust(settings.trust);
  let state = await lastKnown(settings.journal.dir);
  const take = (event: Event): void => {
    state = reduce(state, { seq: state.seq + 1, atMs: Math.max(state.atMs, Date.now()), event });
  };
  take({
    type: 'AgentStarted',
    version: 'plan',
    pid: process.pid,
    settings: toDecisionSettings(settings, trust?.settings),
  });
  const scheduler = asyncScheduler;
  const { id: hostId, addresses } = settings.host;
  take(await first(watchIdentity({ scheduler }, { hostId, addresses })));
  const { dir: confDir, mode } = settings.files;
  const configPath = settings.supervisor.config;
  const files = await first(
    watchConfFiles({ scheduler, scanNow$: EMPTY }, { confDir, configPath, mode, ...owner.value }),
  );
  if (files.type === 'ConfDirLost') return files.detail;
  take(files);
  const processes = await first(
    watchProcesses(
      {
        getAllProcessInfo: () => supervisor.getAllProcessInfo(),
        getInstance: () => supervisor.getInstance(),
        socketFingerprint: () => supervisor.fingerprint(),
        scheduler,
        pace$: NEVER,
        pollNow$: EMPTY,
      },
      { maxIntervalMs: 1_000 },
    ),
  );
  if (processes.type === 'SupervisorLost') {
    return `supervisord does not answer at ${settings.supervisor.url}: ${processes.error.detail}`;
  }
  take(processes);
  const listed = await lookAtEtcd(settings, etcd, state, trust);
  if (typeof listed === 'string') return listed;
  take(listed);
  return state;
}

async function lookAtEtcd(
  settings: Settings,
  etcd: EtcdClient,
  state: State,
  trust: Trust | undefined,
): Promise<Event | string> {
  const { clusterId, revision } = state.source;
  const event = await first(
    watchDesired(
      {
        range: etcd.range,
        openWatch: etcd.openWatch,
        scheduler: asyncScheduler,
        random: Math.random,
        concernsHost: (app, ips) => concernsHost(state, app, ips),
        signersOf: trust?.signersOf,
        relist$: NEVER,
      },
      {
        prefix: settings.etcd.prefix,
        known: clusterId === undefined ? undefined : { clusterId, revision },
      },
    ),
  );
  if (event.type === 'DesiredLost') {
    return `etcd does not answer at ${settings.etcd.endpoints.join(', ')}: ${event.detail}`;
  }
  return event;
}

function first<T extends Event>(events$: Observable<T>): Promise<T> {
  return firstValueFrom(events$.pipe(timeout({ first: lookMs, scheduler: asyncScheduler })));
}

/** The state at the end of the newest readable segment; a fresh one where there is none. */
async function lastKnown(dir: string): Promise<State> {
  const files = await listSegments(dir).catch(() => []);
  for (const file of [...files].reverse()) {
    const segment = await readSegment(file).catch(() => undefined);
    if (segment?.header === undefined || segment.damage !== undefined) continue;
    const state = decodeState(segment.header.checkpoint);
    if (state !== undefined) return reduceAll(state, segment.records);
  }
  return initialState;
}

async function asText(
  settings: Settings,
  state: State,
  { steps, held }: Rehearsal,
  hasColours: boolean,
): Promise<string> {
  const lines: string[] = [];
  for (const [index, step] of steps.entries()) {
    lines.push(`${String(index + 1)}. ${describe(step)}`, `   because ${step.because}`);
    const diff = await diffOf(settings, step);
    if (diff !== '') lines.push(colourDiff(diff, hasColours).trimEnd());
  }
  if (steps.length === 0) {
    const count = [...mapEntries(state.appsByName)].length;
    lines.push(`nothing to do: ${String(count)} apps concern this host`);
  }
  if (held.length > 0) lines.push('', 'held:');
  for (const { app, code, reason } of held) {
    lines.push(`  ${app ?? 'this host'}: ${code}: ${reason}`);
  }
  return `${lines.join('\n')}\n`;
}

function describe(step: PlanStep): string {
  switch (step.type) {
    case 'WriteFile':
      return `write ${step.app}.supervene.conf, revision ${step.revision}`;
    case 'RemoveFile':
      return `remove ${step.app}.supervene.conf`;
    case 'StopProcesses':
      return `stop ${step.processes.join(' ')}`;
    case 'StartProcesses':
      return `start ${step.processes.join(' ')}`;
    case 'UpdateGroups':
      return `supervisorctl update ${step.groups.map(({ app }) => app).join(' ')}`;
    case 'ProbeHost':
      return `ask this host about ${step.app}`;
    case 'Reread':
      return 'reread';
  }
}

async function diffOf(settings: Settings, step: PlanStep): Promise<string> {
  if (step.type !== 'WriteFile' && step.type !== 'RemoveFile') return '';
  const name = `${step.app}.supervene.conf`;
  const before = await readFile(join(settings.files.dir, name), 'utf8').catch(() => '');
  return unifiedDiff(name, before, step.type === 'WriteFile' ? step.text : '', [
    'on disk',
    'wanted',
  ]);
}

async function asJson(settings: Settings, state: State, { steps, held }: Rehearsal) {
  const described = [];
  for (const step of steps) {
    const diff = await diffOf(settings, step);
    described.push({ ...describeStep(step), ...(diff === '' ? {} : { diff }) });
  }
  return {
    host: settings.host.id,
    revision: state.source.revision,
    isEmpty: steps.length === 0,
    steps: described,
    held,
  };
}
