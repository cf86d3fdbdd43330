/**
 * The settings as the rest of the program sees them: read, checked and complete.
 *
 * Times are milliseconds, paths are absolute, passwords are not in here: only their files are.
 */
import type { TrustConfig } from '../clients/trustKeys.ts';
import type { DecisionSettings } from '../domain/event.ts';
import type { Policy } from '../domain/policy/policy.ts';
import type { Template } from '../domain/template/template.ts';
import type { ConsoleSettings } from './consoleSettings.ts';
import type { ListenAddress } from './listenAddress.ts';
import type { Owner, RestartLimit } from './settingTypes.ts';

export interface Settings {
  /** The file that was read; undefined when there was none. */
  readonly configPath: string | undefined;
  readonly etcd: EtcdSettings;
  readonly host: {
    readonly id: string;
    /** Undefined: every non-loopback address. */
    readonly addresses: readonly string[] | undefined;
  };
  readonly supervisor: {
    readonly url: string;
    readonly username: string | undefined;
    readonly passwordFile: string | undefined;
    readonly config: string;
    readonly driver: 'supervisorctl' | 'rpc';
    readonly pollMs: number;
  };
  readonly files: { readonly dir: string; readonly mode: number; readonly owner: Owner };
  readonly reconcile: {
    readonly quietMs: number;
    readonly maxWaitMs: number;
    readonly restartLimit: RestartLimit | undefined;
    readonly rollback: 'auto' | 'off';
    readonly operatorStops: 'hold' | 'ignore' | 'restart';
    readonly allowRemovals: boolean;
  };
  readonly journal: { readonly dir: string; readonly keepBytes: number };
  readonly http: {
    readonly listen: ListenAddress | undefined;
    readonly tokenFile: string | undefined;
  };
  readonly fleet: {
    readonly report: 'on' | 'off';
    readonly ttlMs: number;
    readonly requests: 'on' | 'off';
  };
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error';
    readonly format: 'pretty' | 'json';
  };
  readonly program: { readonly defaults: readonly (readonly [string, string])[] };
  readonly group: { readonly priority: number };
  readonly policy: Policy;
  readonly trust: TrustConfig;
  readonly templates: readonly Template[];
  readonly console: ConsoleSettings;
}

export interface EtcdSettings {
  readonly endpoints: readonly string[];
  /** Without a slash at the end. */
  readonly prefix: string;
  readonly fleetPrefix: string;
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** What shapes decisions, and therefore stands in the journal. `trust`: what was made of that. */
export function toDecisionSettings(
  settings: Settings,
  trust?: DecisionSettings['trust'],
): DecisionSettings {
  const { reconcile } = settings;
  return {
    hostId: settings.host.id,
    prefix: settings.etcd.prefix,
    quietMs: reconcile.quietMs,
    maxWaitMs: reconcile.maxWaitMs,
    restartLimit: reconcile.restartLimit,
    rollback: reconcile.rollback,
    operatorStops: reconcile.operatorStops,
    allowRemovals: reconcile.allowRemovals,
    driver: settings.supervisor.driver,
    confDir: settings.files.dir,
    programDefaults: settings.program.defaults,
    groupPriority: settings.group.priority,
    policy: settings.policy,
    ...(trust === undefined ? {} : { trust }),
  };
}
