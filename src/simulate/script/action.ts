/**
 * What may happen to a simulated cluster from outside: people publish, operate and meddle, and
 * everything between them breaks. One script is a list of these; nothing else is random about it.
 */

export type Action =
  // People and etcd.
  | Readonly<{ type: 'Publish'; app: string; ips: string; content: string }>
  /** Only one of the two keys; `value` undefined deletes it. */
  | Readonly<{ type: 'PutLeaf'; app: string; leaf: 'ips' | 'content'; value: string | undefined }>
  /** Several apps in one transaction. */
  | Readonly<{ type: 'PublishMany'; apps: readonly string[]; ips: string; content: string }>
  | Readonly<{ type: 'Unpublish'; apps: readonly string[] }>
  | Readonly<{ type: 'Compact' }>
  | Readonly<{ type: 'Wipe' | 'Restore'; forMs: number }>
  | Readonly<{ type: 'Backup' }>
  /** On the way between one host and etcd; `host` undefined for all. */
  | Readonly<{ type: 'EtcdFault'; fault: EtcdFault; host: number | undefined; forMs: number }>
  // supervisord and people on the host.
  | Readonly<{ type: 'Operate'; host: number; app: string; verb: 'stop' | 'start' | 'restart' }>
  | Readonly<{ type: 'RestartSupervisord'; host: number; forMs: number }>
  | Readonly<{ type: 'HangSupervisord' | 'SlowSupervisord'; host: number; forMs: number }>
  | Readonly<{ type: 'KillUpdate'; host: number; afterMs: number }>
  | Readonly<{ type: 'Tamper'; host: number; app: string; how: 'edit' | 'delete' | 'chmod' }>
  /** `app` undefined: broken text; else it defines a group of that name. `forMs`: until it goes. */
  | Readonly<{ type: 'ForeignFile'; host: number; app: string | undefined; forMs: number }>
  | Readonly<{ type: 'Retry'; host: number; app: string }>
  | Readonly<{ type: 'Confirm'; host: number }>
  // The host itself.
  /** At its n-th call of the file system from now, or at once; started again after a while. */
  | Readonly<{ type: 'KillAgent'; host: number; atCall: number; downMs: number }>
  | Readonly<{ type: 'CutPower'; host: number; atCall: number; downMs: number }>
  | Readonly<{ type: 'DiskFault'; host: number; fault: DiskFault; forMs: number }>
  | Readonly<{ type: 'LoseInotify'; host: number; forMs: number }>
  | Readonly<{ type: 'LoseAddress'; host: number; forMs: number }>;

export type EtcdFault =
  'cut' | 'silent' | 'slow' | 'noLeader' | 'unauthorised' | 'stutter' | 'drop' | 'early';

export type DiskFault = 'full' | 'journalFull' | 'readOnly' | 'errors';

export interface ScriptedAction {
  /** Its place in the whole script, from 1; stays when others are left out. */
  readonly number: number;
  /** Virtual milliseconds after the beginning. */
  readonly atMs: number;
  readonly action: Action;
}
