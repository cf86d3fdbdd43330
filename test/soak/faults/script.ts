/**
 * What happens in a soak, round after round, drawn from the seed alone: what is published, what
 * operators do, and what breaks where and for how long. And what each host is to run in the end.
 */
import { createRng, type Rng } from '../../../src/simulate/kernel/rng.ts';
import { badBody, type Body, goodBody } from './bodies.ts';

export type Input = Readonly<{ atMs: number }> &
  (
    | Readonly<{ type: 'Publish'; app: string; hosts: readonly string[]; body: Body }>
    /** One after another, as fast as etcd takes them. */
    | Readonly<{ type: 'Rapid'; app: string; hosts: readonly string[]; bodies: readonly Body[] }>
    /** The same values once more: a new revision, and nothing new. */
    | Readonly<{ type: 'Again'; app: string }>
    | Readonly<{ type: 'Halve'; app: string; leaf: 'ips' | 'content' }>
    | Readonly<{ type: 'Delete'; app: string }>
    /** But one, perhaps: an emptied etcd is another matter than many deletions. */
    | Readonly<{ type: 'DeleteAll'; spared: string | undefined; restoreAfterMs: number }>
  );

export const hostFaults = [
  ...['agent-killed', 'agent-stopped'],
  ...['supervisord-killed', 'supervisord-restarted', 'supervisord-stopped', 'update-killed'],
  ...['link-cut', 'link-silent', 'link-slow', 'journal-full'],
  ...['file-edited', 'file-cut', 'file-deleted', 'file-chmodded', 'file-linked', 'foreign-broken'],
] as const;
export const etcdFaults = ['etcd-killed', 'etcd-stopped', 'etcd-compacted'] as const;
export type FaultKind = (typeof hostFaults)[number] | (typeof etcdFaults)[number];

export interface Fault {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly forMs: number;
  /** Undefined for etcd. */
  readonly host: string | undefined;
  /** Whose file it is about. */
  readonly app: string | undefined;
}

/** Done while all is quiet, and waited for. */
export interface OperatorAct {
  readonly type: 'stop' | 'start';
  readonly host: string;
  readonly app: string;
}

export interface Round {
  readonly number: number;
  readonly operator: readonly OperatorAct[];
  readonly inputs: readonly Input[];
  readonly faults: readonly Fault[];
}

/** An app as the script left it in etcd. */
export interface AppModel {
  readonly hosts: readonly string[];
  readonly body: Body;
  /** The leaf that is missing. */
  readonly lacks: 'ips' | 'content' | undefined;
}

export interface Script {
  readonly next: () => Round;
  /** After the round that was drawn last. */
  readonly apps: () => ReadonlyMap<string, AppModel>;
  /** `host/app` that an operator keeps stopped. */
  readonly stopped: () => ReadonlySet<string>;
}

/** On every host and never deleted by themselves: a host always has more than the guard lets go. */
const coreApps = ['core-0', 'core-1', 'core-2', 'core-3', 'core-4'];
const otherApps = ['app-0', 'app-1', 'app-2', 'app-3', 'app-4', 'app-5'];
const lengthMs = 2_500;

export interface ScriptOptions {
  readonly seed: string;
  readonly hosts: readonly string[];
  /** Disks can be filled. */
  readonly hasMounts: boolean;
  /** Some faults last longer than any deadline. */
  readonly hasLongFaults: boolean;
}

export function createScript({ seed, hosts, hasMounts, hasLongFaults }: ScriptOptions): Script {
  const rng = createRng(`soak-faults/${seed}`);
  const apps = new Map<string, AppModel>();
  const stopped = new Set<string>();
  const kinds = hostFaults.filter((kind) => hasMounts || kind !== 'journal-full');
  let number = 0;
  let bodies = 0;

  const good = (): Body => goodBody(rng, ++bodies);
  const bad = (): Body => badBody(rng, ++bodies);
  const someHosts = (): readonly string[] => hosts.filter(() => rng.chance(0.7));
  const hostsFor = (app: string): readonly string[] =>
    coreApps.includes(app) ? hosts : someHosts();

  const first = (): Round => {
    const inputs = [...coreApps, ...otherApps].map((app): Input => {
      const model = { hosts: hostsFor(app), body: good(), lacks: undefined };
      apps.set(app, model);
      return { type: 'Publish', app, ...model, atMs: 0 };
    });
    return { number, operator: [], inputs, faults: [] };
  };

  const drawInput = (app: string): Input => {
    const atMs = rng.below(lengthMs);
    const before = apps.get(app);
    const isStopped = [...stopped].some((id) => id.endsWith(`/${app}`));
    const publish = (body: Body, on: readonly string[]): Input => {
      apps.set(app, { hosts: on, body, lacks: undefined });
      return { type: 'Publish', app, hosts: on, body, atMs };
    };
    if (before === undefined) return publish(rng.chance(0.8) ? good() : bad(), hostsFor(app));
    const isIll = before.lacks !== undefined || before.body.fate !== 'Runs';
    // What an operator keeps stopped gets good content only, where it is: its end stays known.
    if (isStopped) return publish(good(), before.hosts);
    if (isIll && rng.chance(0.6)) return publish(good(), before.hosts);
    return pickWeighted<() => Input>(rng, [
      [4, () => publish(good(), before.hosts)],
      [4, () => publish(bad(), before.hosts)],
      [2, () => publish(before.body, hostsFor(app))],
      [2, () => (before.lacks === undefined ? { type: 'Again', app, atMs } : drawRapid(app, atMs))],
      [2, () => drawRapid(app, atMs)],
      [2, () => drawHalf(app, before, atMs)],
      [coreApps.includes(app) ? 0 : 3, () => drawDeletion(app, atMs)],
    ])();
  };
  const drawRapid = (app: string, atMs: number): Input => {
    const on = apps.get(app)?.hosts ?? hosts;
    const row = Array.from({ length: 5 + rng.below(30) }, () => (rng.chance(0.8) ? good() : bad()));
    const last = good();
    apps.set(app, { hosts: on, body: last, lacks: undefined });
    return { type: 'Rapid', app, hosts: on, bodies: [...row, last], atMs };
  };
  const drawHalf = (app: string, before: AppModel, atMs: number): Input => {
    const leaf = before.lacks ?? rng.pick(['ips', 'content'] as const);
    apps.set(app, { ...before, lacks: leaf });
    return { type: 'Halve', app, leaf, atMs };
  };
  const drawDeletion = (app: string, atMs: number): Input => {
    apps.delete(app);
    return { type: 'Delete', app, atMs };
  };

  const drawOperator = (): readonly OperatorAct[] => {
    if (!rng.chance(0.3)) return [];
    const held = rng.chance(0.5) ? [...stopped][0] : undefined;
    if (held !== undefined) {
      stopped.delete(held);
      const [host = '', app = ''] = held.split('/');
      return [{ type: 'start', host, app }];
    }
    if (stopped.size >= 3) return [];
    const host = rng.pick(hosts);
    const healthy = [...apps].filter(([, it]) => isHealthy(it) && it.hosts.includes(host));
    if (healthy.length === 0) return [];
    const [app] = rng.pick(healthy);
    if (stopped.has(`${host}/${app}`)) return [];
    stopped.add(`${host}/${app}`);
    return [{ type: 'stop', host, app }];
  };

  const drawFaults = (): readonly Fault[] => {
    const places = new Set<string>();
    return Array.from({ length: 1 + rng.below(5) }, () => {
      const isOfEtcd = rng.chance(0.15);
      const kind: FaultKind = rng.pick<FaultKind>(isOfEtcd ? etcdFaults : kinds);
      const host = isOfEtcd ? undefined : rng.pick(hosts);
      const app = kind.startsWith('file-') ? rng.pick([...apps.keys()]) : undefined;
      // Not etcd: what was sent to it is to have an answer before the next is sent.
      const isLong = hasLongFaults && !isOfEtcd && rng.chance(0.07);
      const forMs = isLong ? 8_000 + rng.below(12_000) : 200 + rng.below(4_000);
      const times = { atMs: rng.below(lengthMs), forMs };
      // One thing is broken in one way at a time.
      const place = `${host ?? ''}/${kind.split('-')[0] ?? ''}/${app ?? ''}`;
      if (places.has(place)) return undefined;
      places.add(place);
      return { kind, host, app, ...times };
    }).filter((fault) => fault !== undefined);
  };

  return {
    next: () => {
      number += 1;
      if (number === 1) return first();
      const operator = drawOperator();
      // Waited for while all is quiet, with what etcd says by then.
      if (operator.length > 0) return { number, operator, inputs: [], faults: drawFaults() };
      if (rng.chance(0.08)) {
        const restoreAfterMs = 300 + rng.below(3_000);
        const spared = rng.chance(0.5) ? rng.pick([...apps.keys()]) : undefined;
        const atMs = rng.below(500);
        const inputs: readonly Input[] = [{ type: 'DeleteAll', atMs, spared, restoreAfterMs }];
        return { number, operator, inputs, faults: drawFaults() };
      }
      const touched = new Set(
        Array.from({ length: rng.below(6) }, () => rng.pick([...coreApps, ...otherApps])),
      );
      const faults = drawFaults();
      const inputs = [...touched].map(drawInput).sort((a, b) => a.atMs - b.atMs);
      return { number, operator, inputs, faults };
    },
    apps: () => apps,
    stopped: () => stopped,
  };
}

export function isHealthy({ body, lacks }: AppModel): boolean {
  return body.fate === 'Runs' && lacks === undefined;
}

function pickWeighted<Item>(rng: Rng, items: readonly (readonly [number, Item])[]): Item {
  const row = items.flatMap(([weight, item]) => Array.from({ length: weight }, () => item));
  return rng.pick(row);
}
