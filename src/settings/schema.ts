/**
 * Every setting there is, once: key in supervene.toml, flag, environment variable, type, default.
 *
 * `--help`, the reading of all three sources and the hints for mistyped names come from here.
 */
import {
  type ListenAddress,
  type Owner,
  type RestartLimit,
  type SettingType,
  bytes,
  duration,
  etcdUrl,
  fileMode,
  hostId,
  ipAddress,
  keyPrefix,
  listOf,
  listenAddress,
  oneOf,
  optional,
  owner,
  path,
  restartLimit,
  supervisorUrl,
  wholeNumber,
  word,
  yesOrNo,
} from './settingTypes.ts';

/** Which commands take the flag. The file and the environment are read whole by every command. */
export type SettingScope =
  /** Every command that reads or writes etcd. */
  | 'etcd'
  /** Who this host is. */
  | 'host'
  /** Where the agent of this host keeps its journal and its control socket. */
  | 'journal'
  /** Only what acts on this host: `agent`, `plan`, `doctor`. */
  | 'agent';

/** What is alike for settings of every type. */
export interface SettingInfo {
  readonly key: string;
  readonly flag: string;
  readonly env: string;
  /** Undefined for a flag without a value. */
  readonly placeholder: string | undefined;
  /** The default as people read it. */
  readonly fallbackText: string;
  readonly scope: SettingScope;
  readonly description: string;
}

export interface Setting<T> extends SettingInfo {
  readonly type: SettingType<T>;
  readonly fallback: T;
}

function setting<T>(
  key: string,
  flag: string,
  scope: SettingScope,
  type: SettingType<T>,
  fallback: T,
  description: string,
  fallbackText: string = type.format(fallback),
): Setting<T> {
  const env = `SUPERVENE_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`;
  const { placeholder } = type;
  return { key, flag, env, placeholder, fallbackText, scope, description, type, fallback };
}

const mebibyte = 1024 ** 2;
const noText = optional(word);
const noPath = optional(path);
const defaultOwner: Owner = { user: 'root', group: undefined };
const defaultLimit: RestartLimit | undefined = { count: 3, windowMs: 15_000 };
const defaultListen: ListenAddress | undefined = { host: '127.0.0.1', port: 9102 };

export const schema = {
  etcdEndpoints: setting<readonly string[]>(
    'etcd.endpoints',
    '--etcd',
    'etcd',
    listOf(etcdUrl, 'URLS'),
    ['http://127.0.0.1:2379'],
    'etcd servers, separated by commas',
  ),
  etcdPrefix: setting(
    'etcd.prefix',
    '--prefix',
    'etcd',
    keyPrefix,
    '/services/apps',
    'the apps are below this key',
  ),
  etcdFleetPrefix: setting(
    'etcd.fleetPrefix',
    '--fleet-prefix',
    'etcd',
    keyPrefix,
    '/services/fleet',
    'what the agents say about themselves is below this key',
  ),
  etcdUsername: setting(
    'etcd.username',
    '--etcd-username',
    'etcd',
    noText,
    undefined,
    'user name for etcd',
  ),
  etcdPasswordFile: setting(
    'etcd.passwordFile',
    '--etcd-password-file',
    'etcd',
    noPath,
    undefined,
    'file that holds the password for etcd',
  ),
  etcdCa: setting(
    'etcd.ca',
    '--etcd-ca',
    'etcd',
    noPath,
    undefined,
    'certificate authority of the etcd servers (PEM)',
  ),
  etcdCert: setting(
    'etcd.cert',
    '--etcd-cert',
    'etcd',
    noPath,
    undefined,
    'client certificate for etcd (PEM)',
  ),
  etcdKey: setting(
    'etcd.key',
    '--etcd-key',
    'etcd',
    noPath,
    undefined,
    'private key of the client certificate (PEM)',
  ),
  hostId: setting<string | undefined>(
    'host.id',
    '--host',
    'host',
    optional(hostId),
    undefined,
    'name of this host in placements and in the fleet',
    "the machine's host name",
  ),
  hostAddresses: setting<readonly string[] | undefined>(
    'host.addresses',
    '--addresses',
    'host',
    optional(listOf(ipAddress, 'ADDRESSES')),
    undefined,
    'addresses of this host in placements, separated by commas',
    'every non-loopback address',
  ),
  supervisorUrl: setting(
    'supervisor.url',
    '--supervisor',
    'agent',
    supervisorUrl,
    'unix:///var/run/supervisor.sock',
    'where supervisord listens: unix:///path or http://host:port',
  ),
  supervisorUsername: setting(
    'supervisor.username',
    '--supervisor-username',
    'agent',
    noText,
    undefined,
    'user name for supervisord',
  ),
  supervisorPasswordFile: setting(
    'supervisor.passwordFile',
    '--supervisor-password-file',
    'agent',
    noPath,
    undefined,
    'file that holds the password for supervisord',
  ),
  supervisorConfig: setting(
    'supervisor.config',
    '--supervisor-config',
    'agent',
    path,
    '/etc/supervisor/supervisord.conf',
    "supervisord's own configuration file",
  ),
  supervisorDriver: setting<'supervisorctl' | 'rpc'>(
    'supervisor.driver',
    '--driver',
    'agent',
    oneOf('supervisorctl', 'rpc'),
    'supervisorctl',
    'how groups are updated: by the command, or by XML-RPC alone',
  ),
  supervisorPoll: setting(
    'supervisor.poll',
    '--poll',
    'agent',
    duration(50, 60_000),
    2000,
    'longest time between two looks at the processes',
  ),
  filesDir: setting(
    'files.dir',
    '--conf-dir',
    'agent',
    path,
    '/etc/supervisor/conf.d',
    'directory that supervisord includes *.conf from',
  ),
  filesMode: setting(
    'files.mode',
    '--conf-mode',
    'agent',
    fileMode,
    0o600,
    'mode of the files written there',
  ),
  filesOwner: setting(
    'files.owner',
    '--conf-owner',
    'agent',
    owner,
    defaultOwner,
    'owner of the files written there',
  ),
  reconcileQuiet: setting(
    'reconcile.quiet',
    '--quiet',
    'agent',
    duration(0, 60_000),
    50,
    'changes that follow one another within this time become one',
  ),
  reconcileMaxWait: setting(
    'reconcile.maxWait',
    '--max-wait',
    'agent',
    duration(0, 600_000),
    1000,
    'longest that continuous change can put off a plan',
  ),
  reconcileRestartLimit: setting<RestartLimit | undefined>(
    'reconcile.restartLimit',
    '--restart-limit',
    'agent',
    restartLimit,
    defaultLimit,
    'most restarts of one app for new content, within a time',
  ),
  reconcileRollback: setting<'auto' | 'off'>(
    'reconcile.rollback',
    '--rollback',
    'agent',
    oneOf('auto', 'off'),
    'auto',
    'put the last good version back when a new one does not run',
  ),
  reconcileOperatorStops: setting<'hold' | 'ignore' | 'restart'>(
    'reconcile.operatorStops',
    '--operator-stops',
    'agent',
    oneOf('hold', 'ignore', 'restart'),
    'hold',
    'what a stop made with supervisorctl means',
  ),
  reconcileAllowRemovals: setting(
    'reconcile.allowRemovals',
    '--allow-removals',
    'agent',
    yesOrNo,
    false,
    'do not hold a mass removal back until it is confirmed',
  ),
  journalDir: setting(
    'journal.dir',
    '--journal',
    'journal',
    path,
    '/var/lib/supervene',
    'directory of the journal and of the control socket',
  ),
  journalKeepBytes: setting(
    'journal.keepBytes',
    '--journal-keep',
    'agent',
    bytes(mebibyte),
    256 * mebibyte,
    'old journal segments beyond this size are deleted',
  ),
  httpListen: setting<ListenAddress | undefined>(
    'http.listen',
    '--listen',
    'agent',
    listenAddress,
    defaultListen,
    'where the agent answers /healthz, /readyz, /metrics, /state',
  ),
  logLevel: setting<'debug' | 'info' | 'warn' | 'error'>(
    'log.level',
    '--log-level',
    'agent',
    oneOf('debug', 'info', 'warn', 'error'),
    'info',
    'least important message that is logged',
  ),
  logFormat: setting<'pretty' | 'json' | undefined>(
    'log.format',
    '--log-format',
    'agent',
    optional(oneOf('pretty', 'json')),
    undefined,
    'for people or for machines',
    'pretty on a terminal, json otherwise',
  ),
  groupPriority: setting(
    'group.priority',
    '--group-priority',
    'agent',
    wholeNumber(0, 999_999),
    20,
    'priority in the [group:…] section of every app',
  ),
};

export const allSettings: readonly SettingInfo[] = Object.values(schema);

/** Where the file of settings is; not a key of that file. */
export const configFlag = '--config';
export const configEnv = 'SUPERVENE_CONFIG';
export const defaultConfigPath = '/etc/supervene/supervene.toml';

/** The table of options for what the content does not set: `[program]` in the file. */
export const programFlag = '--program-default';
export const programEnv = 'SUPERVENE_PROGRAM_DEFAULT';
export const defaultProgramOptions: readonly (readonly [string, string])[] = [
  ['stdout_logfile', '/dev/stdout'],
  ['stdout_logfile_maxbytes', '0'],
  ['stderr_logfile', '/dev/stderr'],
  ['stderr_logfile_maxbytes', '0'],
];

/** Variables that are not settings but may stand in the environment: the seed of the tests. */
export const otherVariables: readonly string[] = ['SUPERVENE_SEED'];
