/** People on the hosts: with supervisorctl, an editor and supervene's own commands. */
import { assertNever } from '../../domain/assertNever.ts';
import { parseMarker } from '../../domain/content/marker.ts';
import type { AppName } from '../../domain/types.ts';
import type { Action } from '../script/action.ts';
import { confDir } from './hostSettings.ts';
import { isForeignName, listNames } from './confReader.ts';
import type { Ends } from './ends.ts';
import { hostOf, type World, type WorldHost } from './world.ts';

type OperatorAction = Extract<
  Action,
  { type: 'Operate' | 'Tamper' | 'ForeignFile' | 'Retry' | 'Confirm' }
>;

export function createOperator(world: World) {
  const operated = new Set<string>();
  const perform = (action: OperatorAction, ends: Ends): void => {
    const host = hostOf(world, action.host);
    const loop = host.loop();
    switch (action.type) {
      case 'Operate':
        operated.add(`${host.id} ${action.app}`);
        host.watch.onCause([action.app]);
        return operate(host, action.app, action.verb);
      case 'Tamper':
        host.watch.onCause([action.app]);
        return tamper(host, action);
      case 'ForeignFile':
        return foreignFile(host, action, ends);
      case 'Retry':
        host.watch.onCause([action.app]);
        loop?.dispatch({ type: 'RetryRequested', app: action.app as AppName, by: 'operator' });
        return;
      case 'Confirm':
        loop?.dispatch({ type: 'RemovalsConfirmed', by: 'operator' });
        return;
      default:
        return assertNever(action);
    }
  };
  return { perform, operated };
}

/** As `supervisorctl stop APP:*` would, without waiting. */
export function operate(host: WorldHost, app: string, verb: 'stop' | 'start' | 'restart'): void {
  const { supervisord } = host;
  if (supervisord.reachability() !== 'Answers') return;
  for (const { id } of supervisord.list().filter(({ group }) => group === app)) {
    if (verb !== 'start') supervisord.calls.stopProcess(id, 'operator');
    if (verb !== 'stop') supervisord.calls.startProcess(id, 'operator');
  }
}

function tamper(
  { disk, watch }: WorldHost,
  { app, how }: Extract<Action, { type: 'Tamper' }>,
): void {
  const path = `${confDir}/${app}.supervene.conf`;
  try {
    if (how === 'delete') return disk.unlink(path);
    if (how === 'chmod') return disk.chmod(path, 0o666);
    const text = `${disk.readText(path)}; by hand\n`;
    watch.onEdited(`${app}.supervene.conf`);
    disk.writeFile(path, text);
  } catch {
    // There is nothing to tamper with, or the disk takes nothing.
  }
}

/** Of what a file of somebody else runs. */
export const foreignCommand = '/usr/local/bin/behave other';

function foreignFile(
  { disk, watch }: WorldHost,
  { app, forMs }: Extract<Action, { type: 'ForeignFile' }>,
  ends: Ends,
): void {
  const path = `${confDir}/zz-${app ?? 'broken'}.conf`;
  const text =
    app === undefined
      ? '[program:broken]\ncommand=/bin/true\nnumprocs=many\n'
      : `[group:${app}]\nprograms=${app}\n[program:${app}]\ncommand=${foreignCommand}\n`;
  try {
    watch.onCause(undefined);
    disk.writeFile(path, text);
    ends.later(forMs, () => {
      watch.onCause(undefined);
      removeQuietly(disk, path);
    });
  } catch {
    // No room for it.
  }
}

function removeQuietly(disk: WorldHost['disk'], path: string): void {
  try {
    disk.unlink(path);
  } catch {
    // Another one of the same name was there and is gone already.
  }
}

/** Of other people, and what is left of ours that somebody edited while the power failed. */
export function removeForeignFiles({ disk, watch }: WorldHost): void {
  for (const name of listNames(disk)) {
    const isForeign =
      isForeignName(name) ||
      (watch.edited.has(name) && !isMarked(disk.readText(`${confDir}/${name}`)));
    if (isForeign) removeQuietly(disk, `${confDir}/${name}`);
  }
}

function isMarked(text: string): boolean {
  return parseMarker(text.slice(0, Math.max(0, text.indexOf('\n')))) !== undefined;
}

/** Somebody looks why supervisord does not start, and clears away what an editor left. */
export function removeTornFiles({ disk, supervisord, watch }: WorldHost): void {
  if (watch.edited.size === 0 || supervisord.reachability() === 'Answers') return;
  for (const name of watch.edited) removeQuietly(disk, `${confDir}/${name}`);
}
