/** The settings of a simulated host: the defaults, with a small journal so that segments change. */
import { defaultPolicy } from '../../domain/policy/policy.ts';
import { defaultConsole } from '../../settings/consoleSettings.ts';
import type { Settings } from '../../settings/settings.ts';
import { defaultProgramOptions } from '../../settings/specialSources.ts';

export const confDir = '/etc/supervisor/conf.d';
export const journalDir = '/var/lib/supervene';
export const mainConf = '/etc/supervisor/supervisord.conf';
export const appsPrefix = '/services/apps';

export const mainConfText = `[supervisord]
[unix_http_server]
file=/var/run/supervisor.sock
[include]
files = ${confDir}/*.conf
`;

/** Small, so that a run goes through many of them. */
export const segmentBytes = 128 * 1024;

export type HostVariation = Pick<Settings['supervisor'], 'driver'> & {
  readonly reconcile?: Partial<Settings['reconcile']>;
  /** Bytes of journal to keep; default: two segments. */
  readonly keepBytes?: number;
};

export function hostSettings(id: string, variation: HostVariation): Settings {
  return {
    configPath: undefined,
    etcd: {
      ...{ endpoints: ['http://127.0.0.1:2379'], prefix: appsPrefix },
      fleetPrefix: '/services/fleet',
      ...{ username: undefined, passwordFile: undefined },
      ...{ ca: undefined, cert: undefined, key: undefined },
    },
    host: { id, addresses: undefined },
    supervisor: {
      ...{ url: 'unix:///var/run/supervisor.sock', username: undefined, passwordFile: undefined },
      ...{ config: mainConf, driver: variation.driver, pollMs: 2_000 },
    },
    files: { dir: confDir, mode: 0o600, owner: { user: 'root', group: undefined } },
    reconcile: {
      ...{ quietMs: 50, maxWaitMs: 1_000, restartLimit: { count: 3, windowMs: 15_000 } },
      ...{ rollback: 'auto', operatorStops: 'hold', allowRemovals: false },
      ...variation.reconcile,
    },
    journal: { dir: journalDir, keepBytes: variation.keepBytes ?? 2 * segmentBytes },
    http: { listen: undefined, tokenFile: undefined },
    log: { level: 'debug', format: 'json' },
    program: { defaults: defaultProgramOptions },
    group: { priority: 20 },
    policy: defaultPolicy,
    fleet: { report: 'off', ttlMs: 20_000, requests: 'off' },
    trust: { mode: 'off', dir: '/etc/supervene/trust.d', thresholds: [] },
    templates: [],
    console: defaultConsole,
  };
}
