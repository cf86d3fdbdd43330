/** One action of a script as a line that people read. */
import { assertNever } from '../../domain/assertNever.ts';
import type { Action, DiskFault, EtcdFault, ScriptedAction } from './action.ts';

/** `12.4 s  web2  the agent is killed at its 7th disk call, back after 0.8 s`. */
export function describeAction({ atMs, action }: ScriptedAction): string {
  const at = seconds(atMs).padStart(9);
  return `${at}  ${placeOf(action).padEnd(6)}  ${textOf(action)}`;
}

export const hostName = (index: number): string => `web${String(index + 1)}`;

function placeOf(action: Action): string {
  if (!('host' in action)) return 'etcd';
  return action.host === undefined ? 'all' : hostName(action.host);
}

function textOf(action: Action): string {
  switch (action.type) {
    case 'Publish':
      return `${action.app} is published on ${placement(action.ips)}: ${quote(action.content)}`;
    case 'PublishMany':
      return `${list(action.apps)} are published at once on ${placement(action.ips)}: ${quote(action.content)}`;
    case 'PutLeaf': {
      const { app, leaf, value } = action;
      if (value === undefined) return `the key ${app}/${leaf} is deleted`;
      return `the key ${app}/${leaf} is set to ${quote(value)}`;
    }
    case 'Unpublish':
      return `${list(action.apps)} ${action.apps.length === 1 ? 'is' : 'are'} unpublished`;
    case 'Compact':
      return 'etcd forgets all old revisions';
    case 'Wipe':
      return `etcd is gone and comes back empty after ${seconds(action.forMs)}`;
    case 'Backup':
      return 'a backup of etcd is taken';
    case 'Restore':
      return `etcd is gone and comes back from the newest backup after ${seconds(action.forMs)}`;
    case 'EtcdFault':
      return `${etcdFaultTexts[action.fault]}, for ${seconds(action.forMs)}`;
    case 'Tamper':
      return `somebody ${tamperTexts[action.how]} the file of ${action.app}`;
    case 'ForeignFile': {
      const what = action.app === undefined ? 'is broken' : `defines the group ${action.app}`;
      return `a file of somebody else ${what}, for ${seconds(action.forMs)}`;
    }
    case 'Operate':
      return `an operator runs: supervisorctl ${action.verb} ${action.app}:*`;
    case 'Retry':
      return `an operator runs: supervene retry ${action.app}`;
    case 'Confirm':
      return 'an operator runs: supervene confirm';
    case 'RestartSupervisord':
    case 'HangSupervisord':
    case 'SlowSupervisord':
    case 'KillUpdate':
    case 'KillAgent':
    case 'CutPower':
    case 'DiskFault':
    case 'LoseInotify':
    case 'LoseAddress':
      return hostTextOf(action);
    default:
      return assertNever(action);
  }
}

type HostAction = Extract<
  Action,
  {
    type:
      | `${'Restart' | 'Hang' | 'Slow'}Supervisord`
      | `Lose${'Inotify' | 'Address'}`
      | 'KillUpdate'
      | 'KillAgent'
      | 'CutPower'
      | 'DiskFault';
  }
>;

function hostTextOf(action: HostAction): string {
  switch (action.type) {
    case 'RestartSupervisord':
      return `supervisord ends and is started again ${after(action.forMs)}`;
    case 'HangSupervisord':
      return `supervisord answers nothing for ${seconds(action.forMs)}`;
    case 'SlowSupervisord':
      return `supervisord answers late and loses answers, for ${seconds(action.forMs)}`;
    case 'KillUpdate':
      return `every supervisorctl that runs ${seconds(action.afterMs)} later is killed`;
    case 'KillAgent':
      return `the agent is killed${atCall(action.atCall)}, back after ${seconds(action.downMs)}`;
    case 'CutPower':
      return `the power fails${atCall(action.atCall)}, back after ${seconds(action.downMs)}`;
    case 'DiskFault':
      return `${diskFaultTexts[action.fault]}, for ${seconds(action.forMs)}`;
    case 'LoseInotify':
      return `changes of files are not announced, for ${seconds(action.forMs)}`;
    case 'LoseAddress':
      return `the host has no address, for ${seconds(action.forMs)}`;
    default:
      return assertNever(action);
  }
}

const etcdFaultTexts: Readonly<Record<EtcdFault, string>> = {
  cut: 'connections to etcd break and are refused',
  silent: 'etcd answers nothing',
  slow: 'etcd answers late',
  noLeader: 'etcd has no leader',
  unauthorised: 'etcd refuses the credentials',
  stutter: 'the watch repeats events, brings old ones again and breaks',
  drop: 'the watch loses events',
  early: 'the watch announces progress too early',
};

const diskFaultTexts: Readonly<Record<DiskFault, string>> = {
  full: 'the disk is full',
  journalFull: 'there is no space for the journal',
  readOnly: 'the disk takes no writes',
  errors: 'single writes, syncs and renames fail',
};

const tamperTexts = { edit: 'edits', delete: 'deletes', chmod: 'changes the mode of' } as const;

function atCall(call: number): string {
  return call <= 0 ? '' : ` at its ${ordinal(call)} disk call from then`;
}

function after(ms: number): string {
  return ms === 0 ? 'at once' : `after ${seconds(ms)}`;
}

function ordinal(count: number): string {
  const isTeen = Math.floor(count / 10) % 10 === 1;
  const ending = isTeen ? undefined : ['st', 'nd', 'rd'][(count % 10) - 1];
  return `${String(count)}${ending ?? 'th'}`;
}

function placement(ips: string): string {
  if (ips === '') return 'no host';
  return ips === '*' ? 'every host' : ips;
}

function list(apps: readonly string[]): string {
  const last = apps.at(-1) ?? '';
  return apps.length < 2 ? last : `${apps.slice(0, -1).join(', ')} and ${last}`;
}

function quote(text: string): string {
  return JSON.stringify(text.trimEnd());
}

export function seconds(ms: number): string {
  return ms > 0 && ms < 100 ? `${String(Math.round(ms))} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
