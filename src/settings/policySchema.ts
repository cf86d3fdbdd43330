/** The `[policy]` table: what content may do on this host. Never in etcd, whoever writes there. */
import { defaultPolicy, type Policy } from '../domain/policy/policy.ts';
import { normalisePath } from '../domain/policy/paths.ts';
import { err, ok } from '../domain/result.ts';
import { type Setting, setting } from './setting.ts';
import { listOf, oneOf, optional, type SettingType, word } from './settingTypes.ts';

/** Not relative to anything: it is compared with what content writes. */
const absolutePath: SettingType<string> = {
  placeholder: 'PATH',
  format: String,
  parse: (text) => {
    const path = /\p{Cc}/u.test(text) ? undefined : normalisePath(text);
    return path === undefined ? err('an absolute path') : ok(path);
  },
};

const appGlob: SettingType<string> = {
  placeholder: 'GLOB',
  format: String,
  parse: (text) =>
    /^[A-Za-z0-9_.*?-]{1,63}$/.test(text) ? ok(text) : err('the name of an app, or a glob of such'),
};

const variable: SettingType<string> = {
  placeholder: 'NAME',
  format: String,
  parse: (text) =>
    /^[A-Za-z_][A-Za-z0-9_]{0,254}$/.test(text) ? ok(text) : err('the name of a variable'),
};

type List = readonly string[];

function list(
  key: string,
  flag: string,
  type: SettingType<string>,
  placeholder: string,
  fallback: List,
  description: string,
): Setting<List> {
  const fallbackText = fallback.length === 0 ? 'none' : fallback.join(',');
  const many = listOf(type, placeholder);
  return setting(key, flag, 'agent', many, fallback, description, fallbackText);
}

export const policySchema = {
  policyMode: setting<'compat' | 'strict'>(
    'policy.mode',
    '--policy-mode',
    'agent',
    oneOf('compat', 'strict'),
    defaultPolicy.mode,
    'strict refuses content that breaks a rule, compat warns',
  ),
  policyUsers: list(
    'policy.users',
    '--policy-users',
    word,
    'USERS',
    defaultPolicy.users,
    'users that programs may run as, separated by commas',
  ),
  policyDefaultUser: setting<string | undefined>(
    'policy.defaultUser',
    '--policy-default-user',
    'agent',
    optional(word),
    undefined,
    'strict: user of programs that name none',
  ),
  policyRootApps: list(
    'policy.rootApps',
    '--policy-root-apps',
    appGlob,
    'GLOBS',
    defaultPolicy.rootApps,
    'apps that may run as root',
  ),
  policyCommandPrefixes: list(
    'policy.commandPrefixes',
    '--policy-command-prefixes',
    absolutePath,
    'PATHS',
    defaultPolicy.commandPrefixes,
    'where programs may lie',
  ),
  policyShellApps: list(
    'policy.shellApps',
    '--policy-shell-apps',
    appGlob,
    'GLOBS',
    defaultPolicy.shellApps,
    'apps that may give code to shells and interpreters',
  ),
  policyLogDirs: list(
    'policy.logDirs',
    '--policy-log-dirs',
    absolutePath,
    'PATHS',
    defaultPolicy.logDirs,
    'where log files may lie',
  ),
  policyEnvironment: list(
    'policy.environment',
    '--policy-environment',
    variable,
    'NAMES',
    defaultPolicy.environment,
    "supervisord's variables that %(ENV_x)s may show",
  ),
};

export function readPolicy(read: <T>(one: Setting<T>) => T): Policy {
  const defaultUser = read(policySchema.policyDefaultUser);
  return {
    mode: read(policySchema.policyMode),
    users: read(policySchema.policyUsers),
    ...(defaultUser === undefined ? {} : { defaultUser }),
    rootApps: read(policySchema.policyRootApps),
    commandPrefixes: read(policySchema.policyCommandPrefixes),
    shellApps: read(policySchema.policyShellApps),
    logDirs: read(policySchema.policyLogDirs),
    environment: read(policySchema.policyEnvironment),
  };
}
