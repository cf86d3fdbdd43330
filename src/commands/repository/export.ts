/**
 * `supervene export DIR`: the apps in etcd as the files that `apply` reads.
 *
 * What cannot be read is written as it is, in two files; what cannot be written at all is named.
 */
import { resolve } from 'node:path';
import { type DirItem, readAppDir } from '../../clients/appDir.ts';
import {
  isDirThere,
  makeAppDir,
  type OutFile,
  removeAppFile,
  writeAppFile,
} from '../../clients/writeAppDir.ts';
import { parseAppName } from '../../domain/appName.ts';
import type { DesiredEntry, Leaf } from '../../domain/event.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import type { Rollout } from '../../domain/rollout/rollout.ts';
import { parseRollout } from '../../domain/rollout/rolloutCodec.ts';
import { placementText } from '../assessApp.ts';
import { decodedText } from '../checkContent.ts';
import type { CommandRun } from '../command.ts';
import { type CommandIo, exitDone, exitFailed, type Fault, fail, misuse } from '../commandIo.ts';
import { tellFault, writeJson } from '../commandIo.ts';
import { openAppStore } from '../openAppStore.ts';
import { rolloutText } from '../rollout/rolloutEdit.ts';
import { visible } from '../textTable.ts';
import { canBeHeader, formatAppFile } from './appFile.ts';
import { appFilePattern, isPassedOver, leafNames, rolloutFilePattern } from './parseAppDir.ts';
import { whyTooManyRemovals } from './planDir.ts';

interface Wish {
  readonly dir: string;
  readonly isForced: boolean;
  readonly areRemovalsAllowed: boolean;
  readonly isJson: boolean;
}

export const runExport: CommandRun = async ({ io, args, options, settings }) => {
  const dir = resolve(io.workingDir, args[0] ?? '');
  const [isForced, isJson] = [options.has('force'), options.has('json')];
  const areRemovalsAllowed = options.has('allow-removals');
  if (areRemovalsAllowed && !isForced) {
    return misuse(io, { message: '--allow-removals is for --force', remedy: 'give --force too' });
  }
  const wish = { dir, isForced, areRemovalsAllowed, isJson };
  // Before etcd is asked: a wrong directory is a wrong directory.
  const old = await findOld(wish);
  if (!old.ok) return fail(io, isJson, { ...old.error });
  const store = await openAppStore(settings);
  if (!store.ok) return fail(io, isJson, { ...store.error });
  try {
    const listing = await store.value.list(exportApp);
    if (!listing.ok) return fail(io, isJson, { ...listing.error });
    const { rows, revision } = listing.value;
    const tooMany = whyNotRemoved(wish, rows, old.value);
    if (tooMany !== undefined) return fail(io, isJson, { ...tooMany });
    const made = await makeAppDir(dir);
    if (!made.ok) return fail(io, isJson, { message: made.error });
    const outcome = await writeAll(wish, rows, old.value);
    return tell(io, wish, { ...outcome, rows, revision });
  } finally {
    store.value.close();
  }
};

/** App files that are there already, which apps of etcd replace. */
async function findOld({ dir, isForced }: Wish): Promise<Result<readonly string[], Fault>> {
  // It is made when etcd has answered.
  if (!(await isDirThere(dir))) return ok([]);
  const items = await readAppDir(dir, { sizeMaxBytes: 0, isPassedOver });
  if (!items.ok) return err({ message: items.error });
  const present = items.value.filter(({ type }) => type !== 'PassedOver');
  if (present.length > 0 && !isForced) {
    const message = `${dir} is not empty: it has ${visible(present[0]?.name ?? '')}`;
    const remedy =
      'name another one, or give --force: it replaces and removes app files, no others';
    return err({ message, remedy });
  }
  return ok(present.flatMap(appFilesOf));
}

/** Of a directory only what `apply` would read. */
function appFilesOf(item: DirItem): readonly string[] {
  const { name } = item;
  if (item.type === 'File') {
    const stem = appFilePattern.exec(name)?.[1] ?? rolloutFilePattern.exec(name)?.[1];
    return stem !== undefined && parseAppName(stem).ok ? [name] : [];
  }
  if (item.type !== 'Directory' || !parseAppName(name).ok) return [];
  const leaves = item.items?.filter((leaf) => leaf.type === 'File') ?? [];
  const names = leaves.map((leaf) => leaf.name).filter((leaf) => leafNames.has(leaf));
  return names.map((leaf) => `${name}/${leaf}`);
}

interface Exported {
  readonly app: string;
  readonly files: readonly OutFile[];
  /** Undefined: it is all in one readable file. */
  readonly fault: string | undefined;
}

export function exportApp({ app, ips, content, rollout }: DesiredEntry): Exported {
  if (!parseAppName(app).ok) {
    return { app, files: [], fault: 'it is no name of an app; not exported' };
  }
  const hosts = ips === undefined ? undefined : placementText(ips.value);
  const text = content === undefined ? null : decodedText(content.value);
  const way = rollout === undefined ? undefined : parseRollout(rollout.value);
  if (hosts?.ok === true && text !== null && canBeHeader(hosts.value) && way?.ok !== false) {
    const bytes = Buffer.from(formatAppFile({ hosts: hosts.value, body: text }));
    const files = [{ name: `${app}.conf`, bytes }, ...rolloutFiles(app, way?.value)];
    return { app, files, fault: undefined };
  }
  const pair = [rawFile(`${app}/ips`, ips), rawFile(`${app}/content`, content)];
  const leaves = [...pair, rawFile(`${app}/rollout`, rollout)];
  if (leaves.includes('TooLarge')) {
    return { app, files: [], fault: 'a key of it is too large; not exported' };
  }
  const files = leaves.filter((leaf) => leaf !== undefined && leaf !== 'TooLarge');
  const what = pair.includes(undefined) ? 'one of its keys is missing' : 'it cannot be read';
  return { app, files, fault: `${what}; exported as it is` };
}

/** None for one that says nothing. */
function rolloutFiles(app: string, rollout: Rollout | undefined): readonly OutFile[] {
  const text = rollout === undefined ? undefined : rolloutText(rollout);
  if (text === undefined) return [];
  return [{ name: `${app}.rollout`, bytes: Buffer.from(`${text}\n`) }];
}

function rawFile(name: string, leaf: Leaf | undefined): OutFile | 'TooLarge' | undefined {
  if (leaf === undefined) return undefined;
  const { value } = leaf;
  if (value.type === 'Text') return { name, bytes: Buffer.from(value.text) };
  if (value.type === 'Binary') return { name, bytes: Buffer.from(value.base64, 'base64') };
  return 'TooLarge';
}

/** A wrong prefix, or an etcd that lost its data, must not empty a repository. */
function whyNotRemoved(
  { dir, areRemovalsAllowed }: Wish,
  rows: readonly Exported[],
  old: readonly string[],
): Fault | undefined {
  const apps = new Set(old.map(appOf));
  const removed = [...apps].filter((app) => !rows.some((row) => row.app === app));
  if (areRemovalsAllowed || removed.length === 0) return undefined;
  const remedy = 'see whether --prefix is right; if they are all to go, give --allow-removals';
  if (rows.length === 0) {
    const message = `there is no app in etcd: all ${String(apps.size)} of ${dir} would be removed`;
    return { message, remedy };
  }
  const message = whyTooManyRemovals(removed.length, apps.size);
  return message === undefined ? undefined : { message: `${dir}: ${message}`, remedy };
}

function appOf(file: string): string {
  const [first = file] = file.split('/');
  return first.replace(appFilePattern, '$1').replace(rolloutFilePattern, '$1');
}

interface WriteOutcome {
  /** Apps of which all files were written. */
  readonly count: number;
  readonly removed: readonly string[];
  readonly faults: readonly string[];
}

/** Old files go first: `web.ini` beside `web.conf` would be two of one app. */
async function writeAll(
  { dir }: Wish,
  rows: readonly Exported[],
  old: readonly string[],
): Promise<WriteOutcome> {
  const names = new Set(rows.flatMap(({ files }) => files.map(({ name }) => name)));
  const faults: string[] = [];
  const removed: string[] = [];
  for (const name of old.filter((one) => !names.has(one))) {
    const gone = await removeAppFile(dir, name);
    if (gone.ok) removed.push(name);
    else faults.push(gone.error);
  }
  let count = 0;
  for (const { files } of rows) {
    const known = faults.length;
    for (const file of files) {
      const written = await writeAppFile(dir, file);
      if (!written.ok) faults.push(written.error);
    }
    if (files.length > 0 && faults.length === known) count += 1;
  }
  return { count, removed, faults };
}

function tell(
  io: CommandIo,
  { dir, isJson }: Wish,
  done: WriteOutcome & { readonly rows: readonly Exported[]; readonly revision: string },
): number {
  const { rows, count, removed, faults, revision } = done;
  const troubled = rows.filter(({ fault }) => fault !== undefined);
  for (const { app, fault = '' } of troubled) {
    tellFault(io, { message: `${visible(app)}: ${fault}` });
  }
  for (const message of faults) tellFault(io, { message });
  if (isJson) {
    const list = troubled.map(({ app, fault }) => ({ app, fault }));
    writeJson(io, { dir, revision, apps: count, removed, troubled: list, faults });
  } else {
    const gone = removed.length === 0 ? '' : `; ${String(removed.length)} files removed`;
    io.writeOut(`${String(count)} apps of revision ${revision} in ${dir}${gone}\n`);
  }
  return troubled.length > 0 || faults.length > 0 ? exitFailed : exitDone;
}
