/** What goes wrong on one host: its power, its disk, its supervisord, its network address. */
import { assertNever } from '../../domain/assertNever.ts';
import { calmWire } from '../model/supervisordClient.ts';
import type { Action, DiskFault } from '../script/action.ts';
import type { Ends } from './ends.ts';
import { confDir, journalDir } from './hostSettings.ts';
import type { WorldHost } from './world.ts';

type HostAction = Extract<
  Action,
  { type: 'KillAgent' | 'CutPower' | 'DiskFault' | 'LoseInotify' | 'LoseAddress' }
>;

export function breakHost(host: WorldHost, action: HostAction, ends: Ends): void {
  host.watch.onCause(undefined);
  switch (action.type) {
    case 'KillAgent':
      return host.killAgent(action.atCall, action.downMs);
    case 'CutPower':
      return host.cutPower(action.atCall, action.downMs);
    case 'LoseInotify':
      host.faults.watches = 'deaf';
      return ends.later(action.forMs, () => {
        host.faults.watches = 'told';
      });
    case 'LoseAddress': {
      const { addresses } = host;
      if (addresses.length === 0) return;
      host.addresses = [];
      return ends.later(action.forMs, () => {
        host.watch.onCause(undefined);
        host.addresses = addresses;
      });
    }
    case 'DiskFault':
      return breakDisk(host, action, ends);
    default:
      return assertNever(action);
  }
}

function breakDisk(
  { disk, faults, watch }: WorldHost,
  { fault, forMs }: { readonly fault: DiskFault; readonly forMs: number },
  ends: Ends,
): void {
  const undo = begin();
  ends.later(forMs, () => {
    watch.onCause(undefined);
    undo();
  });

  function begin(): () => void {
    switch (fault) {
      case 'full':
        disk.setCapacity(disk.usedBytes());
        return () => disk.setCapacity(undefined);
      case 'readOnly':
        disk.setReadOnly(true);
        return () => disk.setReadOnly(false);
      case 'journalFull': {
        const types = ['write', 'open'] as const;
        return faults.fail({ types, path: journalDir, errno: 'ENOSPC', times: Infinity });
      }
      case 'errors': {
        const types = ['write', 'sync', 'rename', 'open'] as const;
        const conf = faults.fail({ types, path: confDir, errno: 'EIO', after: 2, times: 2 });
        const journal = faults.fail({ types, path: journalDir, errno: 'EIO', after: 5, times: 1 });
        return () => {
          conf();
          journal();
        };
      }
      default:
        return assertNever(fault);
    }
  }
}

type SupervisordAction = Extract<
  Action,
  { type: 'RestartSupervisord' | 'HangSupervisord' | 'SlowSupervisord' | 'KillUpdate' }
>;

export function breakSupervisord(host: WorldHost, action: SupervisordAction, ends: Ends): void {
  const { supervisord, supervisordWire, watch } = host;
  watch.onCause(undefined);
  const andAgain = (undo: () => void) => (): void => {
    watch.onCause(undefined);
    undo();
  };
  switch (action.type) {
    case 'RestartSupervisord':
      host.stopSupervisord();
      return ends.later(
        action.forMs,
        andAgain(() => host.startSupervisord()),
      );
    case 'HangSupervisord':
      supervisord.hang();
      return ends.later(
        action.forMs,
        andAgain(() => supervisord.resume()),
      );
    case 'SlowSupervisord':
      Object.assign(supervisordWire, { callMs: [200, 900], replyLossChance: 0.2 });
      return ends.later(
        action.forMs,
        andAgain(() => Object.assign(supervisordWire, calmWire())),
      );
    case 'KillUpdate':
      host.killUpdate(action.afterMs);
      return;
    default:
      return assertNever(action);
  }
}
