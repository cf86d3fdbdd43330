/** Whether supervisord includes the conf directory, whether we may write there, who else does. */
import { constants } from 'node:fs';
import { access, lstat } from 'node:fs/promises';
import type { ConfFile } from '../../domain/types.ts';
import { createConfScanner } from '../../../streams/conf/confScanner.ts';
import { coversConfDir, readIncludeGlobs } from '../../../streams/conf/includes.ts';
import { lookUpOwner } from '../../agent/fileOwner.ts';
import type { Settings } from '../../settings/settings.ts';
import { type Check, checkerFor } from './check.ts';

const check = checkerFor('files');

/** `appsHere`: names of the apps that are placed on this host. */
export async function checkFiles(
  settings: Settings,
  appsHere: ReadonlySet<string>,
): Promise<readonly Check[]> {
  return [
    ...(await checkInclude(settings)),
    ...(await checkDirectory(settings.files.dir)),
    ...(await checkOwner(settings)),
    ...(await checkOthers(settings, appsHere)),
  ];
}

async function checkInclude(settings: Settings): Promise<readonly Check[]> {
  const { config } = settings.supervisor;
  const { dir } = settings.files;
  const { globs, unresolved, error } = await readIncludeGlobs(config);
  if (error !== undefined) {
    const remedy = 'correct supervisor.config (--supervisor-config), or run this as root';
    return [check.problem(`${config}: ${error}`, remedy)];
  }
  if (await coversConfDir(globs, dir)) return [check.ok(`${config} includes ${dir}/*.conf`)];
  const message = `${config} does not include ${dir}/*.conf`;
  if (unresolved.length > 0) {
    const remedy = `make sure that one of these does: ${unresolved.join(' ')}`;
    return [check.warning(`it cannot be told whether ${config} includes ${dir}/*.conf`, remedy)];
  }
  const remedy = `add \`files = ${dir}/*.conf\` to its [include] section, or correct --conf-dir`;
  return [check.problem(message, remedy)];
}

async function checkDirectory(dir: string): Promise<readonly Check[]> {
  try {
    const found = await lstat(dir);
    if (found.isSymbolicLink()) {
      const remedy = 'name the directory itself as files.dir (--conf-dir)';
      return [check.problem(`${dir} is a symbolic link, which is not followed`, remedy)];
    }
    if (!found.isDirectory()) {
      return [check.problem(`${dir} is not a directory`, 'correct files.dir (--conf-dir)')];
    }
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    const isOpen = (found.mode & 0o022) !== 0 && found.uid === 0;
    if (!isOpen) return [check.ok(`${dir} can be written`)];
    const message = `${dir} can be written by others than its owner`;
    return [check.warning(message, `whoever may write there is root: chmod go-w ${dir}`)];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') {
      return [check.problem(`there is no directory ${dir}`, `mkdir ${dir}, or correct --conf-dir`)];
    }
    return [check.problem(`${dir} cannot be written: ${String(code)}`, 'run the agent as root')];
  }
}

async function checkOwner(settings: Settings): Promise<readonly Check[]> {
  const owner = await lookUpOwner(settings.files.owner);
  if (!owner.ok) return [check.problem(owner.error, 'correct files.owner (--conf-owner)')];
  const uid = process.getuid?.() ?? 0;
  const wanted = owner.value.uid ?? uid;
  if (uid === 0 || uid === wanted) return [];
  const message = `files cannot be given to user id ${wanted} by user id ${uid}`;
  return [check.problem(message, 'run the agent as root, or set files.owner to its user')];
}

async function checkOthers(
  settings: Settings,
  appsHere: ReadonlySet<string>,
): Promise<readonly Check[]> {
  const scanner = createConfScanner({
    confDir: settings.files.dir,
    configPath: settings.supervisor.config,
    mode: settings.files.mode,
    uid: undefined,
    gid: undefined,
    nowMs: Date.now,
  });
  const files = await scanner.scanAll();
  if (!files.ok) return [];
  return [...files.value.values()].flatMap((file) => checkFile(file, appsHere));
}

function checkFile(file: ConfFile, appsHere: ReadonlySet<string>): readonly Check[] {
  if (file.type === 'Blocked') {
    return [check.problem(`${file.path}: ${file.detail}`, 'move it away: its app is held')];
  }
  if (file.type === 'Ours') return [];
  const taken = file.sections.filter((section) => {
    const [kind, name = ''] = section.split(/:(.*)/s);
    return (kind === 'group' || kind === 'program') && appsHere.has(name.trim());
  });
  if (taken.length === 0) return [];
  const sections = taken.map((section) => `[${section}]`).join(' ');
  const message = `${file.path} defines what supervene is to define: ${sections}`;
  const remedy =
    'supervene adopt takes over what confd wrote; else take these sections out of it; ' +
    'until then the apps are held';
  return [check.problem(message, remedy)];
}
