/** Where settings come from, what they mean, and what is said when they mean nothing. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../src/domain/policy/policy.ts';
import { err, ok } from '../../../src/domain/result.ts';
import { readSettings } from '../../../src/settings/readSettings.ts';
import { toDecisionSettings } from '../../../src/settings/settings.ts';

interface Given {
  readonly flags?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly hostName?: string;
}

const defaultPath = '/etc/supervene/supervene.toml';

function read({ flags = {}, env = {}, files = {}, hostName = 'web1' }: Given = {}) {
  return readSettings({
    flags: new Map(Object.entries(flags)),
    env,
    readText: (path) => ok(files[path]),
    workingDir: '/cwd',
    hostName,
    isTerminal: false,
  });
}

function valueOf(given: Given = {}) {
  const settings = read(given);
  if (!settings.ok) throw new Error(JSON.stringify(settings.error));
  return settings.value;
}

/** `source: message (remedy)` for each. */
function faultsOf(given: Given): readonly string[] {
  const settings = read(given);
  if (settings.ok) return [];
  return settings.error.map(({ source, message, remedy }) => `${source}: ${message} (${remedy})`);
}

describe('readSettings', () => {
  it('gives the defaults of the contract when nothing is given', () => {
    expect(valueOf()).toEqual({
      configPath: undefined,
      etcd: {
        endpoints: ['http://127.0.0.1:2379'],
        prefix: '/services/apps',
        fleetPrefix: '/services/fleet',
        username: undefined,
        passwordFile: undefined,
        ca: undefined,
        cert: undefined,
        key: undefined,
      },
      host: { id: 'web1', addresses: undefined },
      supervisor: {
        url: 'unix:///var/run/supervisor.sock',
        username: undefined,
        passwordFile: undefined,
        config: '/etc/supervisor/supervisord.conf',
        driver: 'supervisorctl',
        pollMs: 2000,
      },
      files: {
        dir: '/etc/supervisor/conf.d',
        mode: 0o600,
        owner: { user: 'root', group: undefined },
      },
      reconcile: {
        quietMs: 50,
        maxWaitMs: 1000,
        restartLimit: { count: 3, windowMs: 15_000 },
        rollback: 'auto',
        operatorStops: 'hold',
        allowRemovals: false,
      },
      journal: { dir: '/var/lib/supervene', keepBytes: 256 * 1024 * 1024 },
      http: { listen: { host: '127.0.0.1', port: 9102 }, tokenFile: undefined },
      fleet: { report: 'on', ttlMs: 20_000, requests: 'on' },
      log: { level: 'info', format: 'json' },
      program: {
        defaults: [
          ['stdout_logfile', '/dev/stdout'],
          ['stdout_logfile_maxbytes', '0'],
          ['stderr_logfile', '/dev/stderr'],
          ['stderr_logfile_maxbytes', '0'],
        ],
      },
      group: { priority: 20 },
      trust: {
        mode: 'off',
        dir: '/etc/supervene/trust.d',
        thresholds: [{ apps: '*', count: 1 }],
      },
      console: {
        listen: { host: '127.0.0.1', port: 9180 },
        users: '/etc/supervene/console-users.json',
        origins: undefined,
        proxies: undefined,
        allowHttp: 'off',
        tlsCert: undefined,
        tlsKey: undefined,
        oidcIssuer: undefined,
        oidcClientId: undefined,
        oidcClientSecretFile: undefined,
        oidcGrants: undefined,
        oidcName: 'OpenID',
      },
      policy: defaultPolicy,
      templates: [],
    });
  });

  it('lets a flag beat the environment, and that the file', () => {
    const files = { [defaultPath]: '[supervisor]\npoll = "3s"\n' };
    const env = { SUPERVENE_POLL: '4s' };
    expect(valueOf({ files }).supervisor.pollMs).toBe(3000);
    expect(valueOf({ files, env }).supervisor.pollMs).toBe(4000);
    expect(valueOf({ files, env, flags: { '--poll': '5s' } }).supervisor.pollMs).toBe(5000);
  });

  it('reads every kind of value from a file', () => {
    const text = `
      etcd.endpoints = ["http://10.0.0.1:2379", "http://10.0.0.2:2379"]
      [host]
      addresses = "172.16.238.11, fd00::1"
      [files]
      dir = "conf"
      owner = "1000:adm"
      mode = "0640"
      [reconcile]
      restartLimit = "off"
      allowRemovals = true
      [journal]
      keepBytes = 2097152
      [http]
      listen = "off"
      [group]
      priority = 5
      [program]
      stdout_logfile = "AUTO"
      stopwaitsecs = 20
    `;
    const settings = valueOf({ flags: { '--config': 'x.toml' }, files: { '/cwd/x.toml': text } });
    expect(settings.configPath).toBe('/cwd/x.toml');
    expect(settings.etcd.endpoints).toEqual(['http://10.0.0.1:2379', 'http://10.0.0.2:2379']);
    expect(settings.host.addresses).toEqual(['172.16.238.11', 'fd00::1']);
    expect(settings.files).toEqual({
      dir: '/cwd/conf',
      mode: 0o640,
      owner: { user: 1000, group: 'adm' },
    });
    expect(settings.reconcile.restartLimit).toBeUndefined();
    expect(settings.reconcile.allowRemovals).toBe(true);
    expect(settings.journal.keepBytes).toBe(2 * 1024 * 1024);
    expect(settings.http.listen).toBeUndefined();
    expect(settings.group.priority).toBe(5);
    expect(settings.program.defaults).toEqual([
      ['stdout_logfile', 'AUTO'],
      ['stdout_logfile_maxbytes', '0'],
      ['stderr_logfile', '/dev/stderr'],
      ['stderr_logfile_maxbytes', '0'],
      ['stopwaitsecs', '20'],
    ]);
  });

  it('adds defaults of programs up from file, environment and flags', () => {
    const { defaults } = valueOf({
      files: { [defaultPath]: '[program]\nstopwaitsecs = 1\nstartsecs = 1\numask = "022"' },
      env: { SUPERVENE_PROGRAM_DEFAULT: 'stopwaitsecs=2\nstartsecs=2' },
      flags: { '--program-default': 'stopwaitsecs=3' },
    }).program;
    expect(defaults.slice(4)).toEqual([
      ['stopwaitsecs', '3'],
      ['startsecs', '2'],
      ['umask', '022'],
    ]);
  });

  it('hands what shapes decisions to the journal', () => {
    expect(toDecisionSettings(valueOf({ flags: { '--driver': 'rpc' } }))).toMatchObject({
      hostId: 'web1',
      driver: 'rpc',
      quietMs: 50,
      confDir: '/etc/supervisor/conf.d',
      groupPriority: 20,
    });
  });
});

describe('readSettings, given something wrong', () => {
  const cases: readonly (readonly [string, Given, string])[] = [
    [
      'names the line of an unknown key, and the nearest one',
      { files: { [defaultPath]: '[supervisor]\n\npol = "2s"\n' } },
      `${defaultPath}:3: unknown setting supervisor.pol (did you mean supervisor.poll?)`,
    ],
    [
      'finds a key that stands in the wrong table',
      { files: { [defaultPath]: '[etcd]\npoll = "2s"\n' } },
      `${defaultPath}:2: unknown setting etcd.poll (did you mean supervisor.poll?)`,
    ],
    [
      'names the line of a malformed value',
      { files: { [defaultPath]: 'http.listen = "9102"\n' } },
      `${defaultPath}:1: "9102" is not an address such as 127.0.0.1:9102 or [::1]:9102, or off` +
        ' (correct it, or leave http.listen out to use its default)',
    ],
    [
      'names the line where TOML breaks',
      { files: { [defaultPath]: '[etcd]\nprefix = \n' } },
      `${defaultPath}:2: `,
    ],
    [
      'names an unknown variable, and the nearest one',
      { env: { SUPERVENE_PREFX: '/x' } },
      'SUPERVENE_PREFX: unknown environment variable (did you mean SUPERVENE_PREFIX?)',
    ],
    [
      'wants a unit',
      { env: { SUPERVENE_POLL: '2' } },
      'SUPERVENE_POLL: "2" is not a duration: it lacks a unit (2s, 2ms)',
    ],
    ['refuses an empty value', { env: { SUPERVENE_ETCD: '' } }, 'SUPERVENE_ETCD: is empty'],
    [
      'refuses a password in a URL without repeating it',
      { flags: { '--etcd': 'http://u:p@h:1' } },
      '--etcd: "http://u:[redacted]@h:1" is not a safe place for a password',
    ],
    [
      'refuses a mode that would lock the owner out',
      { flags: { '--conf-mode': '0400' } },
      '--conf-mode: "0400" is not a mode that lets the owner read and write',
    ],
    [
      'refuses a missing file that was named',
      { flags: { '--config': 'no.toml' } },
      '--config: there is no file /cwd/no.toml',
    ],
    [
      'refuses prefixes within one another',
      { flags: { '--fleet-prefix': '/services/apps/fleet' } },
      'etcd.fleetPrefix: /services/apps/fleet and etcd.prefix /services/apps lie within',
    ],
    [
      'refuses a user name without a password',
      { flags: { '--etcd-username': 'root' } },
      'etcd.username: is given without etcd.passwordFile',
    ],
    [
      'refuses a certificate for servers without TLS',
      { flags: { '--etcd-ca': 'ca.pem' } },
      'etcd.endpoints: are http:// servers, but a certificate is given',
    ],
    ...['0.0.0.0:9102', '10.0.0.1:1', '[::]:9102', 'web1.example:9102'].map(
      (listen): readonly [string, Given, string] => [
        `refuses to be asked by others on ${listen} without a token`,
        { flags: { '--listen': listen } },
        `http.listen: ${listen} can be reached from other machines, and asks for no token`,
      ],
    ),
    [
      'refuses a socket without an absolute path',
      { env: { SUPERVENE_LISTEN: 'unix://http.sock' } },
      'SUPERVENE_LISTEN: "unix://http.sock" is not an absolute path such as unix:///',
    ],
    [
      'refuses a quiet window longer than the longest wait',
      { flags: { '--quiet': '2s' } },
      'reconcile.quiet: is longer than reconcile.maxWait',
    ],
    [
      'refuses a host name that cannot be part of a key',
      { hostName: 'a/b' },
      'host.id: the machine\'s host name "a/b" cannot be used (name this host with --host)',
    ],
    [
      'refuses a default that is not for every program',
      { flags: { '--program-default': 'comand=x' } },
      '--program-default: comand cannot be a default of programs',
    ],
    [
      'refuses a default that would break every file',
      { flags: { '--program-default': 'autorestart=perhaps' } },
      '--program-default: program.autorestart',
    ],
  ];
  it.each(cases)('%s', (_name, given, start) => {
    const faults = faultsOf(given);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.startsWith(start), `${faults[0] ?? ''}\n${start}`).toBe(true);
  });

  it('reports everything at once', () => {
    const env = { SUPERVENE_POLL: 'x', SUPERVENE_X: 'x', SUPERVENE_QUIET: 'x' };
    expect(faultsOf({ env })).toHaveLength(3);
  });

  it('says why a file cannot be read', () => {
    const settings = readSettings({
      flags: new Map(),
      env: {},
      readText: () => err('permission denied'),
      workingDir: '/',
      hostName: 'web1',
      isTerminal: false,
    });
    expect(settings).toMatchObject({ ok: false, error: [{ source: defaultPath }] });
  });
});
