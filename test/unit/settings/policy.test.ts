/** The `[policy]` table: what it may hold, and that all of it reaches the decisions. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../src/domain/policy/policy.ts';
import { ok } from '../../../src/domain/result.ts';
import { readSettings } from '../../../src/settings/readSettings.ts';
import { toDecisionSettings } from '../../../src/settings/settings.ts';

function read(toml: string, env: Readonly<Record<string, string>> = {}) {
  return readSettings({
    flags: new Map(),
    env,
    readText: (path) => ok(path.endsWith('supervene.toml') ? toml : undefined),
    workingDir: '/cwd',
    hostName: 'web1',
    isTerminal: false,
  });
}

function policyOf(toml: string, env?: Readonly<Record<string, string>>) {
  const settings = read(toml, env);
  if (!settings.ok) throw new Error(JSON.stringify(settings.error));
  return settings.value.policy;
}

describe('the policy of a host', () => {
  it('is compat, with the prefixes of the requirements, unless something is set', () => {
    expect(policyOf('')).toEqual(defaultPolicy);
    expect(defaultPolicy).toEqual({
      mode: 'compat',
      users: [],
      rootApps: [],
      commandPrefixes: ['/project', '/opt', '/srv', '/usr/local/bin'],
      shellApps: [],
      logDirs: ['/var/log/supervisor'],
      environment: [],
    });
  });

  it('is read from the table, paths normalised, and stands in the settings of decisions', () => {
    const toml = `[policy]
mode = "strict"
users = ["www-data", "1000"]
defaultUser = "app"
rootApps = ["infra-*"]
commandPrefixes = ["/opt//apps/", "/srv/x/../y"]
shellApps = ["cron?"]
logDirs = ["/var/log/apps/"]
environment = ["REGION"]
`;
    const policy = {
      mode: 'strict',
      users: ['www-data', '1000'],
      defaultUser: 'app',
      rootApps: ['infra-*'],
      commandPrefixes: ['/opt/apps', '/srv/y'],
      shellApps: ['cron?'],
      logDirs: ['/var/log/apps'],
      environment: ['REGION'],
    };
    expect(policyOf(toml)).toEqual(policy);
    const settings = read(toml);
    if (!settings.ok) throw new Error('refused');
    const decisions = toDecisionSettings(settings.value, undefined);
    expect(JSON.parse(JSON.stringify(decisions.policy))).toEqual(policy);
  });

  it('takes the variables that are named after the flags', () => {
    const env = { SUPERVENE_POLICY_MODE: 'strict', SUPERVENE_POLICY_USERS: 'a, b' };
    expect(policyOf('', env)).toMatchObject({ mode: 'strict', users: ['a', 'b'] });
  });

  it.each([
    ['mode = "lax"', 'one of compat, strict'],
    ['commandPrefixes = ["opt"]', 'an absolute path'],
    ['logDirs = "var/log"', 'an absolute path'],
    ['rootApps = ["a/b"]', 'the name of an app, or a glob of such'],
    ['environment = ["A=1"]', 'the name of a variable'],
    ['users = ["a b"]', 'a word without blanks'],
    ['user = ["a"]', 'unknown setting policy.user'],
  ])('refuses %s', (line, why) => {
    const settings = read(`[policy]\n${line}\n`);
    const text = settings.ok ? 'accepted' : JSON.stringify(settings.error);
    expect(text).toContain(why);
  });
});
