/**
 * A swarm: each seed draws its own mixture of actions, its own haste and its own victims, so that
 * rare combinations are not averaged away.
 */
import type { Rng } from '../kernel/rng.ts';
import type { Action, EtcdFault, ScriptedAction } from './action.ts';
import type { FaultName } from './faults.ts';
import { drawBadContent, drawBadProgram, drawGoodProgram } from './programs.ts';

export interface ScriptOptions {
  readonly hosts: number;
  readonly apps: number;
  readonly faults: readonly FaultName[];
}

/** The actions of a script, one after another, without end. */
export interface ScriptSource {
  next(): ScriptedAction;
}

type Draw = (rng: Rng) => Action | undefined;

interface Kind {
  readonly weight: number;
  readonly draw: Draw;
}

/** Virtual milliseconds between two actions, on average. */
const hastes = [10, 40, 150, 600, 2_500];

export const appName = (index: number): string => `app${String(index + 1)}`;
export const hostAddress = (index: number): string => `10.9.0.${String(index + 1)}`;

export function createScriptSource(rng: Rng, options: ScriptOptions): ScriptSource {
  const swarm = rng.fork('swarm');
  const kinds = drawKinds(swarm, options);
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);
  const hasteMs = swarm.pick(hastes);
  const burst = swarm.chance(0.5) ? swarm.next() * 0.8 : 0;
  let number = 0;
  let atMs = 1_000;

  const drawOne = (from: Rng): Action => {
    for (;;) {
      let ticket = from.next() * total;
      const kind = kinds.find(({ weight }) => (ticket -= weight) < 0);
      const action = kind?.draw(from);
      if (action !== undefined) return action;
    }
  };

  return {
    next: () => {
      const own = rng.fork(String(number));
      number += 1;
      // At first every app is published once, so that there is something to lose.
      if (number > options.apps) {
        atMs += own.chance(burst) ? own.below(4) : -Math.log(1 - own.next()) * hasteMs;
      }
      const action = number <= options.apps ? firstPublish(own, number - 1, options) : drawOne(own);
      return { number, atMs: Math.round(atMs), action };
    },
  };
}

function firstPublish(rng: Rng, index: number, options: ScriptOptions): Action {
  const ips = rng.chance(0.7) ? '*' : drawPlacement(rng, options);
  return { type: 'Publish', app: appName(index), ips, content: drawGoodProgram(rng, 0) };
}

function drawPlacement(rng: Rng, { hosts, faults }: ScriptOptions): string {
  const addresses = Array.from({ length: hosts }, (_, index) => hostAddress(index));
  const chosen = addresses.filter(() => rng.chance(0.6));
  const bad = faults.includes('bad-content') && rng.chance(0.05) ? ['not~a~host'] : [];
  if (rng.chance(0.1)) return `*,!${rng.pick(addresses)}`;
  return [...chosen, ...bad].join(',');
}

function drawKinds(swarm: Rng, options: ScriptOptions): readonly Kind[] {
  const drawn = [...churn(options), ...faultKinds(options)];
  return drawn.flatMap(({ weight, fault, draw }) => {
    if (fault !== undefined && !options.faults.includes(fault)) return [];
    // A fault that this seed leaves out altogether lets others show what it would hide.
    if (fault !== undefined && swarm.chance(0.4)) return [];
    return [{ weight: weight * (0.2 + 2 * swarm.next() ** 2), draw }];
  });
}

interface PossibleKind extends Kind {
  readonly fault?: FaultName;
}

function churn(options: ScriptOptions): readonly PossibleKind[] {
  const app = (rng: Rng): string => appName(rng.below(options.apps));
  const some = (rng: Rng): readonly string[] => [
    ...new Set(Array.from({ length: 2 + rng.below(6) }, () => app(rng))),
  ];
  const version = (rng: Rng): number => 1 + rng.below(6);
  const ips = (rng: Rng): string => (rng.chance(0.8) ? '*' : drawPlacement(rng, options));
  const good = (rng: Rng): string => drawGoodProgram(rng, version(rng));
  return [
    {
      weight: 20,
      draw: (rng) => ({ type: 'Publish', app: app(rng), ips: ips(rng), content: good(rng) }),
    },
    {
      weight: 3,
      draw: (rng) => ({ type: 'PublishMany', apps: some(rng), ips: '*', content: good(rng) }),
    },
    { weight: 3, draw: (rng) => ({ type: 'Unpublish', apps: [app(rng)] }) },
    { weight: 0.3, draw: (rng) => ({ type: 'Unpublish', apps: some(rng) }) },
    {
      weight: 4,
      draw: (rng) => ({
        ...{ type: 'PutLeaf', app: app(rng), leaf: 'ips' },
        value: drawPlacement(rng, options),
      }),
    },
  ];
}

function faultKinds(options: ScriptOptions): readonly PossibleKind[] {
  const app = (rng: Rng): string => appName(rng.below(options.apps));
  const host = (rng: Rng): number => rng.below(options.hosts);
  const publish = (content: (rng: Rng) => string): Draw => {
    return (rng) => ({ type: 'Publish', app: app(rng), ips: '*', content: content(rng) });
  };
  return [
    { fault: 'bad-program', weight: 3, draw: publish((rng) => drawBadProgram(rng, rng.below(4))) },
    { fault: 'bad-content', weight: 2, draw: publish(drawBadContent) },
    {
      fault: 'bad-content',
      weight: 2,
      draw: (rng) => {
        const leaf = rng.pick(['ips', 'content'] as const);
        return { type: 'PutLeaf', app: app(rng), leaf, value: undefined };
      },
    },
    ...etcdKinds(host),
    ...hostKinds(host),
    {
      fault: 'operator',
      weight: 4,
      draw: (rng) => ({
        ...{ type: 'Operate', host: host(rng), app: app(rng) },
        verb: rng.pick(['stop', 'stop', 'start', 'restart'] as const),
      }),
    },
    {
      fault: 'operator',
      weight: 1,
      draw: (rng) => ({ type: 'Retry', host: host(rng), app: app(rng) }),
    },
    { fault: 'operator', weight: 0.3, draw: (rng) => ({ type: 'Confirm', host: host(rng) }) },
    {
      fault: 'tamper',
      weight: 2,
      draw: (rng) => ({
        ...{ type: 'Tamper', host: host(rng), app: app(rng) },
        how: rng.pick(['edit', 'delete', 'chmod'] as const),
      }),
    },
    {
      fault: 'foreign-file',
      weight: 0.7,
      draw: (rng) => ({
        ...{ type: 'ForeignFile', host: host(rng), forMs: drawMs(rng) },
        app: rng.chance(0.5) ? app(rng) : undefined,
      }),
    },
  ];
}

function etcdKinds(host: (rng: Rng) => number): readonly PossibleKind[] {
  const on = (fault: FaultName, weight: number, ...faults: readonly EtcdFault[]): PossibleKind => ({
    fault,
    weight,
    draw: (rng) => {
      const where = rng.chance(0.3) ? undefined : host(rng);
      return { type: 'EtcdFault', fault: rng.pick(faults), host: where, forMs: drawMs(rng) };
    },
  });
  return [
    on('etcd-cut', 2, 'cut'),
    on('etcd-silent', 1, 'silent'),
    on('etcd-slow', 1, 'slow'),
    on('etcd-refuses', 1, 'noLeader', 'unauthorised'),
    on('etcd-stutter', 2, 'stutter', 'early'),
    on('etcd-drop', 1, 'drop'),
    { fault: 'etcd-compaction', weight: 1, draw: () => ({ type: 'Compact' }) },
    { fault: 'etcd-wipe', weight: 0.1, draw: (rng) => ({ type: 'Wipe', forMs: drawMs(rng) }) },
    { fault: 'etcd-restore', weight: 0.4, draw: () => ({ type: 'Backup' }) },
    {
      fault: 'etcd-restore',
      weight: 0.2,
      draw: (rng) => ({ type: 'Restore', forMs: drawMs(rng) }),
    },
  ];
}

function hostKinds(host: (rng: Rng) => number): readonly PossibleKind[] {
  const lasting = (
    fault: FaultName,
    weight: number,
    type: 'RestartSupervisord' | 'HangSupervisord' | 'SlowSupervisord' | 'LoseInotify',
  ): PossibleKind => ({
    ...{ fault, weight },
    draw: (rng) => ({ type, host: host(rng), forMs: rng.chance(0.4) ? 0 : drawMs(rng) }),
  });
  const crash = (
    fault: FaultName,
    weight: number,
    type: 'KillAgent' | 'CutPower',
  ): PossibleKind => ({
    ...{ fault, weight },
    draw: (rng) => {
      const atCall = rng.chance(0.3) ? 0 : rng.below(40);
      return { type, host: host(rng), atCall, downMs: 10 + rng.below(3_000) };
    },
  });
  const disk = (fault: FaultName, ...kinds: readonly DiskKind[]): PossibleKind => ({
    ...{ fault, weight: 1 },
    draw: (rng) => {
      return { type: 'DiskFault', host: host(rng), fault: rng.pick(kinds), forMs: drawMs(rng) };
    },
  });
  return [
    lasting('supervisord-restart', 1, 'RestartSupervisord'),
    lasting('supervisord-hang', 0.7, 'HangSupervisord'),
    lasting('supervisord-slow', 1, 'SlowSupervisord'),
    {
      ...{ fault: 'update-killed', weight: 1 },
      draw: (rng) => ({ type: 'KillUpdate', host: host(rng), afterMs: rng.below(300) }),
    },
    crash('agent-kill', 2, 'KillAgent'),
    crash('power-cut', 0.7, 'CutPower'),
    disk('disk-full', 'full', 'journalFull'),
    disk('disk-read-only', 'readOnly'),
    disk('disk-error', 'errors'),
    lasting('inotify-lost', 0.7, 'LoseInotify'),
    {
      ...{ fault: 'identity-lost', weight: 0.3 },
      draw: (rng) => ({ type: 'LoseAddress', host: host(rng), forMs: 2_000 + drawMs(rng) }),
    },
  ];
}

type DiskKind = Extract<Action, { type: 'DiskFault' }>['fault'];

/** Mostly short, sometimes long enough for every time-out. */
function drawMs(rng: Rng): number {
  return rng.chance(0.8) ? rng.below(1_500) : rng.below(20_000);
}
