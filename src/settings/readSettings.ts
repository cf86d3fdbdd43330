/**
 * Settings from flags, environment and file: flag beats environment beats file beats default.
 *
 * Pure but for the injected `readText`. Reports everything that is wrong, not only the first.
 */
import { dirname, resolve } from 'node:path';
import { type Result, err, ok } from '../domain/result.ts';
import { redactText } from '../log/redact.ts';
import { readConsole } from './consoleSettings.ts';
import { readPolicy } from './policySchema.ts';
import { schema } from './schema.ts';
import { type Setting } from './setting.ts';
import { configEnv, configFlag, defaultConfigPath } from './specialSources.ts';
import type { Settings } from './settings.ts';
import { type FileSource, type SettingsError, emptyFile } from './sources.ts';
import { readToml, unknownVariables } from './sources.ts';
import { readProgramDefaults } from './programDefaults.ts';
import { readTemplates } from './templateSettings.ts';
import { contradictions } from './contradictions.ts';

export interface SettingsInput {
  /** By flag (`--etcd`); repeated flags joined with a line break. */
  readonly flags: ReadonlyMap<string, string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `ok(undefined)` when there is no such file; the error says why it cannot be read. */
  readonly readText: (path: string) => Result<string | undefined, string>;
  /** Relative paths in flags and variables begin here; those of the file, beside it. */
  readonly workingDir: string;
  readonly hostName: string;
  readonly isTerminal: boolean;
}

/** Reads a setting of the schema, whatever its type. */
type Read = <T>(setting: Setting<T>) => T;

export function readSettings(input: SettingsInput): Result<Settings, readonly SettingsError[]> {
  const errors: SettingsError[] = unknownVariables(input.env);
  const config = readConfigFile(input);
  if (!config.ok) return err([...errors, ...config.error]);
  const { file, path } = config.value;
  const read: Read = (setting) => {
    const found = find(input, file, path, setting);
    if (found === undefined) return setting.fallback;
    const parsed = setting.type.parse(found.text, found.baseDir);
    if (parsed.ok) return parsed.value;
    errors.push(malformed(found.source, setting.key, found.text, parsed.error));
    return setting.fallback;
  };
  const defaults = readProgramDefaults(input, file.program, errors);
  const templates = readTemplates(path ?? '/', file.templates, errors);
  const settings = { ...assemble(read, input, path, defaults), templates };
  errors.push(...contradictions(settings));
  return errors.length > 0 ? err(errors) : ok(settings);
}

interface ConfigFile {
  readonly file: FileSource;
  readonly path: string | undefined;
}

function readConfigFile(input: SettingsInput): Result<ConfigFile, readonly SettingsError[]> {
  const flag = input.flags.get(configFlag);
  const named = flag ?? input.env[configEnv];
  const source = flag === undefined ? configEnv : configFlag;
  if (named === '') return err([emptyValue(source)]);
  const path = named === undefined ? defaultConfigPath : resolve(input.workingDir, named);
  const text = input.readText(path);
  if (!text.ok) {
    const remedy = 'make it readable, or name another file with --config';
    return err([{ source: path, message: text.error, remedy }]);
  }
  if (text.value === undefined) {
    if (named === undefined) return ok({ file: emptyFile, path: undefined });
    const remedy = 'name a file that exists, or leave it out';
    return err([{ source, message: `there is no file ${path}`, remedy }]);
  }
  const file = readToml(path, text.value);
  return file.ok ? ok({ file: file.value, path }) : file;
}

interface Found {
  readonly text: string;
  readonly source: string;
  readonly baseDir: string;
}

function find<T>(
  input: SettingsInput,
  file: FileSource,
  path: string | undefined,
  setting: Setting<T>,
): Found | undefined {
  const flag = input.flags.get(setting.flag);
  if (flag !== undefined) return { text: flag, source: setting.flag, baseDir: input.workingDir };
  const variable = input.env[setting.env];
  if (variable !== undefined) {
    return { text: variable, source: setting.env, baseDir: input.workingDir };
  }
  const given = file.given.get(setting.key);
  return given === undefined ? undefined : { ...given, baseDir: dirname(path ?? '/') };
}

function malformed(source: string, key: string, text: string, expected: string): SettingsError {
  if (text === '') return emptyValue(source);
  // A password may stand where it should not.
  const safe = redactText(text);
  const shown = safe.length > 80 ? `${safe.slice(0, 80)}…` : safe;
  const message = `${JSON.stringify(shown)} is not ${expected}`;
  return { source, message, remedy: `correct it, or leave ${key} out to use its default` };
}

function emptyValue(source: string): SettingsError {
  return { source, message: 'is empty', remedy: 'give it a value, or leave it out' };
}

function assemble(
  read: Read,
  input: SettingsInput,
  configPath: string | undefined,
  programDefaults: Settings['program']['defaults'],
): Omit<Settings, 'templates'> {
  return {
    configPath,
    etcd: {
      endpoints: read(schema.etcdEndpoints),
      prefix: read(schema.etcdPrefix),
      fleetPrefix: read(schema.etcdFleetPrefix),
      username: read(schema.etcdUsername),
      passwordFile: read(schema.etcdPasswordFile),
      ca: read(schema.etcdCa),
      cert: read(schema.etcdCert),
      key: read(schema.etcdKey),
    },
    host: { id: read(schema.hostId) ?? input.hostName, addresses: read(schema.hostAddresses) },
    supervisor: {
      url: read(schema.supervisorUrl),
      username: read(schema.supervisorUsername),
      passwordFile: read(schema.supervisorPasswordFile),
      config: read(schema.supervisorConfig),
      driver: read(schema.supervisorDriver),
      pollMs: read(schema.supervisorPoll),
    },
    files: {
      dir: read(schema.filesDir),
      mode: read(schema.filesMode),
      owner: read(schema.filesOwner),
    },
    reconcile: {
      quietMs: read(schema.reconcileQuiet),
      maxWaitMs: read(schema.reconcileMaxWait),
      restartLimit: read(schema.reconcileRestartLimit),
      rollback: read(schema.reconcileRollback),
      operatorStops: read(schema.reconcileOperatorStops),
      allowRemovals: read(schema.reconcileAllowRemovals),
    },
    journal: { dir: read(schema.journalDir), keepBytes: read(schema.journalKeepBytes) },
    http: { listen: read(schema.httpListen), tokenFile: read(schema.httpTokenFile) },
    fleet: {
      report: read(schema.fleetReport),
      ttlMs: read(schema.fleetTtl),
      requests: read(schema.fleetRequests),
    },
    log: {
      level: read(schema.logLevel),
      format: read(schema.logFormat) ?? (input.isTerminal ? 'pretty' : 'json'),
    },
    program: { defaults: programDefaults },
    group: { priority: read(schema.groupPriority) },
    policy: readPolicy(read),
    trust: {
      mode: read(schema.trustMode),
      dir: read(schema.trustDir),
      thresholds: read(schema.trustThreshold),
    },
    console: readConsole(read),
  };
}
