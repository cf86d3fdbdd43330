/**
 * The agent's part in rolling publishes: what its state asks of turns and of health goes to the hands,
 * and what comes of it through the loop's one door, when it says something new.
 */
import type { SchedulerLike } from 'rxjs';
import { probeCommand } from '../../../effects/rollout/probeCommand.ts';
import { type ProbeOutcome, probeUrl } from '../../../effects/rollout/probeUrl.ts';
import {
  type HealthRunner,
  probeMaxMs,
  startHealthRunner,
} from '../../../effects/rollout/healthRunner.ts';
import { startTurnKeeper, type TurnKeeper } from '../../../effects/rollout/turnKeeper.ts';
import type { TurnNews } from '../../../effects/rollout/roll.ts';
import { healthChecksOf } from '../../../reducers/health.ts';
import { mapGet } from '../../../reducers/persistentMap.ts';
import type { State } from '../../../reducers/state.ts';
import { turnsOf } from '../../../reducers/turns.ts';
import { parsePlacement, type Placement } from '../../domain/placement.ts';
import type { HealthWish } from '../../domain/rollout/healthWish.ts';
import type { AppName } from '../../domain/types.ts';
import { failLoudly } from '../../fault.ts';
import type { Log } from '../../log/log.ts';
import type { Loop } from '../../loop.ts';
import type { Settings } from '../../settings/settings.ts';
import type { FleetDeps } from '../fleet/fleetDeps.ts';
import { createTurnsAside, type TurnsAside } from './turnsAside.ts';
import { watchRollouts } from './watchRollouts.ts';

export interface RolloutDeps extends Pick<FleetDeps, 'etcd' | 'scheduler' | 'random'> {
  readonly loop: Loop;
  readonly log: Log;
  /** Of the journal directory. */
  readonly instance: Promise<string>;
  /** Another agent reports for this host. */
  readonly isOccupied: () => boolean;
}

export interface Rollouts {
  /** For people who stop something. */
  readonly aside: TurnsAside;
  /** Resolves when what is not begun is given back, or after a second. */
  stop(): Promise<void>;
}

export function startRollouts(settings: Settings, deps: RolloutDeps): Rollouts {
  const { loop, scheduler } = deps;
  let keeper: TurnKeeper | undefined;
  let isOver = false;
  const look = (state: State): void => {
    keeper?.want(aside.among(turnsOf(state)));
  };
  const aside = createTurnsAside(scheduler, () => look(loop.current().state));
  const health = createHealth(deps);
  const subscription = loop.view$.subscribe({
    next: ({ state }) => {
      look(state);
      health.want(healthChecksOf(state));
    },
    error: failLoudly,
  });
  void deps.instance.then((instance) => {
    if (isOver) return;
    keeper = createKeeper(settings, deps, { instance, aside });
    look(loop.current().state);
  });
  return {
    aside,
    stop: async () => {
      isOver = true;
      subscription.unsubscribe();
      health.stop();
      await keeper?.stop();
    },
  };
}

function createKeeper(
  { etcd: { fleetPrefix }, fleet, host }: Settings,
  { etcd, loop, log, scheduler, random, isOccupied }: RolloutDeps,
  { instance, aside }: { readonly instance: string; readonly aside: TurnsAside },
): TurnKeeper {
  const follow = { ...etcd, scheduler, random };
  return startTurnKeeper(
    {
      ...{ etcd, scheduler, random, isOccupied },
      placementOf: (app) => placementOf(loop.current().state, app),
      tell: (news) => {
        if (aside.hear(news) || !isNew(loop.current().state, news)) return;
        loop.dispatch(news);
      },
      listen: (heard) => watchRollouts(follow, fleetPrefix, heard),
      warn: (app, text) => log.warn({ app }, text),
    },
    {
      ...{ host: host.id, instance, fleetPrefix },
      ttlSec: Math.ceil(fleet.ttlMs / 1_000),
      isReporting: fleet.report === 'on',
    },
  );
}

function isNew({ appsByName }: State, news: TurnNews): boolean {
  if (news.type !== 'TurnAwaited') return true;
  const said = mapGet(appsByName, news.app)?.turnWait;
  return said?.wait !== news.wait || said.detail !== news.detail;
}

function placementOf({ appsByName }: State, app: AppName): Placement | undefined {
  const value = mapGet(appsByName, app)?.entry?.ips?.value;
  return value?.type === 'Text' ? parsePlacement(value.text) : undefined;
}

function createHealth({ loop, scheduler }: RolloutDeps): HealthRunner {
  return startHealthRunner({
    scheduler,
    probe: (wish, signal) => probeApp(scheduler, wish, signal),
    tell: (news) => {
      loop.dispatch(news);
    },
  });
}

function probeApp(
  scheduler: SchedulerLike,
  { probe, program, processes }: HealthWish,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  switch (probe.type) {
    case 'Url':
      return probeUrl(probe.url, signal);
    case 'Command': {
      const { command } = probe;
      const pid = processes.find((one) => one.pid > 0)?.pid;
      if (pid === undefined) {
        return Promise.resolve({ isHealthy: false, detail: 'it has no process to be seen' });
      }
      return probeCommand(scheduler, { command, program, pid, timeoutMs: probeMaxMs, signal });
    }
  }
}
