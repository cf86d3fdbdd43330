/** `supervene validate FILE…`: the content rules, offline; with `--policy` those of a host too. */
import { basename } from 'node:path';
import { decodeLeafValue, valueSizeMax } from '../../streams/etcdBytes.ts';
import { parseAppName } from '../domain/appName.ts';
import { type Result, ok } from '../domain/result.ts';
import { parseRollout } from '../domain/rollout/rolloutCodec.ts';
import type { AppName, Problem } from '../domain/types.ts';
import { readSettings } from '../settings/readSettings.ts';
import type { SettingsError } from '../settings/sources.ts';
import { configFlag } from '../settings/specialSources.ts';
import { checkContent, problemLine } from './checkContent.ts';
import { type CommandIo, exitDone, exitFailed, exitUsedWrongly } from './commandIo.ts';
import { tellFault, writeJson } from './commandIo.ts';
import type { CommandRun } from './command.ts';
import { type HostRules, judgeContent } from './judgeContent.ts';

export const runValidate: CommandRun = async ({ io, args, options }) => {
  const unknownOptions = options.has('allow-unknown') ? 'warn' : 'refuse';
  const isJudged = options.has('policy') || options.has('config');
  const rules = isJudged ? readRules(io, options.text('config')) : ok(undefined);
  if (!rules.ok) {
    for (const { source, message, remedy } of rules.error) {
      tellFault(io, { message: `${source}: ${message}`, remedy });
    }
    return exitUsedWrongly;
  }
  const reports: FileReport[] = [];
  for (const file of args) reports.push(await validateFile(io, file, unknownOptions, rules.value));
  if (options.has('json')) writeJson(io, { ok: reports.every((each) => each.ok), files: reports });
  else for (const report of reports) tell(io, report);
  return reports.every((each) => each.ok) ? exitDone : exitFailed;
};

/** Of the file, which is that of some host; without one those of this host. */
function readRules(
  io: CommandIo,
  file: string | undefined,
): Result<HostRules, readonly SettingsError[]> {
  const { readText, workingDir, hostName } = io;
  return readSettings({
    flags: new Map(file === undefined ? [] : [[configFlag, file]]),
    env: file === undefined ? io.env : {},
    ...{ readText, workingDir, hostName, isTerminal: false },
  });
}

interface FileReport {
  readonly file: string;
  readonly app: string;
  readonly ok: boolean;
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

async function validateFile(
  io: CommandIo,
  file: string,
  unknownOptions: 'refuse' | 'warn',
  rules: HostRules | undefined,
): Promise<FileReport> {
  const app = appNameFor(file);
  const bytes = await io.readInput(file, valueSizeMax);
  if (!bytes.ok) {
    const remedy = 'Name a file that can be read, or - for standard input.';
    const problem = { code: 'E_UNREADABLE', line: 0, message: bytes.error, remedy };
    return { file, app, ok: false, errors: [problem], warnings: [] };
  }
  const value = decodeLeafValue(bytes.value);
  if (isRolloutFile(file)) {
    const parsed = parseRollout(value);
    return { file, app, ok: parsed.ok, errors: parsed.ok ? [] : [parsed.error], warnings: [] };
  }
  const checked =
    rules === undefined
      ? checkContent(app, value, unknownOptions)
      : judgeContent(app, value, unknownOptions, rules);
  if (!checked.ok) return { file, app, ok: false, errors: checked.error, warnings: [] };
  return { file, app, ok: true, errors: [], warnings: checked.value.warnings };
}

/** As `export` calls them, in either form. */
function isRolloutFile(file: string): boolean {
  return /(?:^|\/)rollout$|.\.rollout$/.test(file);
}

/** The app is called like the file, where a file can be called like an app. */
function appNameFor(file: string): AppName {
  const name = parseAppName(basename(file).replace(/(?<=.)\.[^.]*$/, ''));
  return name.ok ? name.value : ('app' as AppName);
}

function tell(io: CommandIo, { file, errors, warnings }: FileReport): void {
  const shown = file === '-' ? '(standard input)' : file;
  const lines = [...errors, ...warnings].sort((a, b) => a.line - b.line);
  for (const problem of lines) io.writeOut(`${problemLine(shown, problem)}\n`);
}
