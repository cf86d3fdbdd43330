/**
 * A simulated cluster for a test of one's own: an etcd to write to, hosts to look at, faults to
 * switch on, and virtual time that passes when it is told to. Exported as `supervene/simulate`.
 */
import type { Held, PlanStep } from '../domain/plan.ts';
import type { ProcessState, ProcessStatus } from '../domain/types.ts';
import { readVersion } from '../version.ts';
import { type ClusterEtcd, createClusterEtcd } from './clusterEtcd.ts';
import type { Violation } from './invariants.ts';
import type { Action } from './script/action.ts';
import { listNames } from './world/confReader.ts';
import { confDir, type HostVariation, journalDir } from './world/hostSettings.ts';
import { createPerformer } from './world/perform.ts';
import { createWorld, startWorld, type WorldHost } from './world/world.ts';

export interface ClusterOptions {
  /** Any text; the same seed and the same calls give the same events. `1` by default. */
  readonly seed?: string;
  /** How many: web1, web2, … with the addresses 10.9.0.1, 10.9.0.2, …; 1 by default. */
  readonly hosts?: number;
  /** How the agents talk to supervisord; `supervisorctl` by default. */
  readonly driver?: HostVariation['driver'];
  /** Settings of the agents under `reconcile`, where they differ from the defaults. */
  readonly reconcile?: NonNullable<HostVariation['reconcile']>;
}

export interface Cluster {
  /** The keys of apps are below `/services/apps`. */
  readonly etcd: ClusterEtcd;
  readonly hosts: readonly ClusterHost[];
  /** Both keys of an app in one transaction; `hosts` as in `supervene publish`, `*` by default. */
  readonly publish: (app: string, content: string, hosts?: string) => void;
  readonly unpublish: (app: string) => void;
  /** Lets so many virtual milliseconds pass. */
  readonly run: (ms: number) => Promise<void>;
  /** Until it is so, looking every 50 ms of virtual time; false when it was not so in `maxMs`. */
  readonly runUntil: (isSo: () => boolean, maxMs?: number) => Promise<boolean>;
  /**
   * Until for 3 s no agent had anything to do and no process was between two states; false when
   * that was not so in `maxMs`.
   */
  readonly settle: (maxMs?: number) => Promise<boolean>;
  /** Lets something happen from outside: see `Action`. Hosts are counted from 0. */
  readonly perform: (action: Action) => void;
  /** Ends every fault that lasts. */
  readonly heal: () => void;
  /** Virtual milliseconds since the beginning. */
  readonly elapsedMs: () => number;
  /** Every promise of supervene that was broken, in order. Should be empty. */
  readonly violations: readonly Violation[];
}

/** One host as it stands now; each answer is new. */
export interface ClusterHost {
  readonly id: string;
  readonly address: string;
  /** Of supervisord's conf directory, by name; files of others included. */
  readonly files: () => ReadonlyMap<string, string>;
  /** As supervisord tells them, sorted by id; whether it is up or not. */
  readonly processes: () => readonly ProcessStatus[];
  /** What the agent would do next; empty while no agent runs. */
  readonly steps: () => readonly PlanStep[];
  /** What the agent does not do, and why; empty while no agent runs. */
  readonly held: () => readonly Held[];
  readonly isAgentRunning: () => boolean;
  /** Segments by file name, for `supervene replay`. */
  readonly journal: () => ReadonlyMap<string, Uint8Array>;
}

const lookEveryMs = 50;
const quietMs = 3_000;

export function createCluster(options: ClusterOptions = {}): Cluster {
  const violations: Violation[] = [];
  const { seed = '1', hosts = 1, driver = 'supervisorctl', reconcile } = options;
  const world = createWorld({
    ...{ seed, hosts, version: readVersion() },
    variation: { driver, ...(reconcile === undefined ? {} : { reconcile }) },
    onViolation: (violation) => violations.push(violation),
  });
  const { kernel } = world;
  const { perform, heal } = createPerformer(world);
  startWorld(world);
  const views = world.hosts.map(viewOf);
  const run = (ms: number): Promise<void> => kernel.run(kernel.now() + ms);

  const runUntil = async (isSo: () => boolean, maxMs = 60_000): Promise<boolean> => {
    const endMs = kernel.now() + maxMs;
    for (;;) {
      await kernel.rest();
      if (isSo()) return true;
      if (kernel.now() >= endMs) return false;
      await run(Math.min(lookEveryMs, endMs - kernel.now()));
    }
  };
  const isBusy = (): boolean => views.some((view) => !view.isAgentRunning() || isAtWork(view));
  const settle = async (maxMs = 60_000): Promise<boolean> => {
    let busyMs = kernel.now();
    return runUntil(() => {
      if (isBusy()) busyMs = kernel.now();
      return kernel.now() - busyMs >= quietMs;
    }, maxMs);
  };

  return {
    etcd: createClusterEtcd(world),
    ...{ hosts: views, run, runUntil, settle, perform, heal, violations },
    elapsedMs: world.elapsedMs,
    publish: (app, content, ips = '*') => perform({ type: 'Publish', app, ips, content }),
    unpublish: (app) => perform({ type: 'Unpublish', apps: [app] }),
  };
}

const passing: ReadonlySet<ProcessState> = new Set(['STARTING', 'BACKOFF', 'STOPPING']);

/** To look again now and then is no work. */
function isAtWork(view: ClusterHost): boolean {
  if (view.processes().some(({ state }) => passing.has(state))) return true;
  return view.steps().some(({ type }) => type !== 'ProbeHost' && type !== 'Reread');
}

function viewOf(host: WorldHost): ClusterHost {
  const { id, disk, supervisord } = host;
  const plan = () => host.loop()?.current().plan;
  return {
    ...{ id, address: host.addresses[0] ?? '' },
    files: () => {
      const names = listNames(disk).filter((name) => !name.startsWith('.'));
      return new Map(names.map((name) => [name, disk.readText(`${confDir}/${name}`)]));
    },
    processes: () => supervisord.list(),
    steps: () => plan()?.steps ?? [],
    held: () => plan()?.held ?? [],
    isAgentRunning: () => plan() !== undefined,
    journal: () => {
      const names = disk.readdir(journalDir).filter((name) => name.endsWith('.jsonl'));
      const segments = names.filter((name) => !name.startsWith('.'));
      return new Map(segments.map((name) => [name, disk.readFile(`${journalDir}/${name}`)]));
    },
  };
}
