/** Lets one action of a script happen to a world. */
import { assertNever } from '../../domain/assertNever.ts';
import { formatKey } from '../../domain/keys.ts';
import type { AppName } from '../../domain/types.ts';
import { type EtcdWireState, healthyWire, noBugs } from '../model/etcdWire.ts';
import type { Action, EtcdFault } from '../script/action.ts';
import { appsPrefix } from './hostSettings.ts';
import { breakHost, breakSupervisord } from './breakHost.ts';
import { type Ends, createEnds } from './ends.ts';
import { createOperator, removeForeignFiles } from './operator.ts';
import { hostOf, type World } from './world.ts';

export interface Performer {
  readonly perform: (action: Action) => void;
  /** Everything that is broken is well again; nobody undoes what people did. */
  readonly heal: () => void;
  /** Whom an operator has touched since the beginning: `web1 app3`. */
  readonly operated: ReadonlySet<string>;
}

export function createPerformer(world: World): Performer {
  const ends = createEnds(world.kernel);
  const operator = createOperator(world);
  const publish = createPublisher(world);
  const perform = (action: Action): void => {
    switch (action.type) {
      case 'Publish':
      case 'PublishMany':
      case 'PutLeaf':
      case 'Unpublish':
      case 'Compact':
      case 'Backup':
      case 'Wipe':
      case 'Restore':
        return publish(action, ends);
      case 'EtcdFault':
        return breakEtcdWire(world, action, ends);
      case 'Operate':
      case 'Tamper':
      case 'ForeignFile':
      case 'Retry':
      case 'Confirm':
        return operator.perform(action, ends);
      case 'RestartSupervisord':
      case 'HangSupervisord':
      case 'SlowSupervisord':
      case 'KillUpdate':
        return breakSupervisord(hostOf(world, action.host), action, ends);
      case 'KillAgent':
      case 'CutPower':
      case 'DiskFault':
      case 'LoseInotify':
      case 'LoseAddress':
        return breakHost(hostOf(world, action.host), action, ends);
      default:
        return assertNever(action);
    }
  };
  const heal = (): void => {
    ends.endAll();
    for (const host of world.hosts) {
      host.disarm();
      removeForeignFiles(host);
    }
  };
  return { perform, heal, operated: operator.operated };
}

type PublishAction = Extract<
  Action,
  {
    type:
      | 'Publish'
      | 'PublishMany'
      | 'PutLeaf'
      | 'Unpublish'
      | 'Compact'
      | 'Backup'
      | 'Wipe'
      | 'Restore';
  }
>;

function createPublisher(world: World) {
  const { etcd } = world;
  const key = (app: string, leaf: 'ips' | 'content'): string =>
    formatKey(appsPrefix, app as AppName, leaf);
  const tell = (apps: readonly string[] | undefined): void => {
    for (const { watch } of world.hosts) watch.onCause(apps);
  };
  const write = (values: Record<string, string | undefined>, apps: readonly string[]): void => {
    tell(apps);
    etcd.write(values);
  };
  /** Nobody reaches it for a while. */
  const away = (forMs: number, ends: Ends, replace: () => void): void => {
    for (const { etcdWire, watch } of world.hosts) {
      watch.onCause(undefined);
      watch.onSpoilt(false);
      watch.onSpoilt(true);
      etcdWire.set({ link: 'Cut' });
    }
    replace();
    ends.later(forMs, () => {
      tell(undefined);
      for (const { etcdWire } of world.hosts) etcdWire.set({ link: 'Up' });
    });
  };
  return (action: PublishAction, ends: Ends): void => {
    switch (action.type) {
      case 'Publish': {
        const { app, ips, content } = action;
        return write({ [key(app, 'ips')]: ips, [key(app, 'content')]: content }, [app]);
      }
      case 'PublishMany': {
        const { apps, ips, content } = action;
        const pairs = apps.flatMap((app) => [
          [key(app, 'ips'), ips] as const,
          [key(app, 'content'), content] as const,
        ]);
        return write(Object.fromEntries(pairs), apps);
      }
      case 'PutLeaf':
        return write({ [key(action.app, action.leaf)]: action.value }, [action.app]);
      case 'Unpublish': {
        const keys = action.apps.flatMap((app) => [key(app, 'ips'), key(app, 'content')]);
        return write(Object.fromEntries(keys.map((one) => [one, undefined])), action.apps);
      }
      case 'Compact':
        etcd.compact();
        return;
      case 'Backup':
        world.backup = etcd.snapshot();
        return;
      case 'Wipe':
        return away(action.forMs, ends, () => etcd.wipe());
      case 'Restore': {
        const { backup } = world;
        if (backup === undefined) return;
        return away(action.forMs, ends, () => etcd.restore(backup));
      }
      default:
        return assertNever(action);
    }
  };
}

const etcdFaults: Readonly<Record<EtcdFault, Partial<EtcdWireState>>> = {
  cut: { link: 'Cut' },
  silent: { link: 'Silent' },
  slow: { slowMs: 700 },
  noLeader: { refusal: 'NoLeader' },
  unauthorised: { refusal: 'NotPermitted' },
  stutter: { bugs: { ...noBugs, repeats: 0.3, old: 0.3, breaks: 0.05 } },
  early: { bugs: { ...noBugs, earlyNotices: 0.5 } },
  drop: { bugs: { ...noBugs, drops: 0.3 } },
};

function breakEtcdWire(
  world: World,
  { fault, host, forMs }: Extract<Action, { type: 'EtcdFault' }>,
  ends: Ends,
): void {
  const hosts = host === undefined ? world.hosts : [hostOf(world, host)];
  const change = etcdFaults[fault];
  for (const { etcdWire, watch } of hosts) {
    const names = Object.keys(change) as (keyof EtcdWireState)[];
    const undo = Object.fromEntries(names.map((name) => [name, healthyWire[name]]));
    watch.onCause(undefined);
    if (fault === 'drop') watch.onSpoilt(false);
    etcdWire.set(change);
    ends.later(forMs, () => {
      watch.onCause(undefined);
      if (fault === 'drop') watch.onSpoilt(true);
      etcdWire.set(undo);
    });
  }
}
