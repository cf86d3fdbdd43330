/**
 * What the files of a directory want to stand in etcd. Pure, and nothing is guessed: a file is an
 * app, or one of the kinds that are passed over, or a fault.
 */
import { decodeLeafValue, valueSizeMax } from '../../../streams/etcdBytes.ts';
import type { DirItem } from '../../clients/appDir.ts';
import { parseAppName } from '../../domain/appName.ts';
import type { LeafValue } from '../../domain/event.ts';
import { decodeUtf8 } from '../../domain/utf8.ts';
import type { AppName, Problem } from '../../domain/types.ts';
import { headerLines, parseAppFile } from './appFile.ts';

export interface WantedApp {
  readonly app: AppName;
  /** Of each leaf, for messages: `web.conf`, `web/ips`. */
  readonly places: { readonly ips: string; readonly content: string; readonly rollout: string };
  /** Undefined: there is no such file. */
  readonly ips: LeafValue | undefined;
  readonly content: LeafValue | undefined;
  readonly rollout: LeafValue | undefined;
  /** Lines above the content in its file. */
  readonly linesAbove: number;
  /** In two files, byte for byte as in etcd; else the content is plain text. */
  readonly isRaw: boolean;
  /** The body begins as the line above it does. */
  readonly hasSecondHosts: boolean;
}

export interface FileProblem {
  readonly file: string;
  readonly problem: Problem;
}

export interface WantedApps {
  /** Sorted by app. */
  readonly apps: readonly WantedApp[];
  readonly problems: readonly FileProblem[];
}

/** With the line of the placement above it. */
export const fileSizeMax = 2 * valueSizeMax;

/** Whatever has such a name: dot files, and what editors leave. No app can be called so. */
const passedOverNames: readonly RegExp[] = [/^\./, /~$/, /^#.*#$/];

/** Only files: what editors and merges leave, and what every repository has. */
const passedOverFiles: readonly RegExp[] = [
  /\.(?:bak|orig|rej|swo|swp|tmp)$/,
  /\.md$/i,
  /^(?:README|LICEN[CS]E|CHANGELOG|NOTICE|CODEOWNERS|Makefile)(?:\.(?:txt|rst|html))?$/i,
];

export function isPassedOver(name: string, isFile: boolean): boolean {
  const patterns = isFile ? [...passedOverNames, ...passedOverFiles] : passedOverNames;
  return patterns.some((pattern) => pattern.test(name));
}

export const appFilePattern = /^(.+)\.(?:conf|ini)$/s;
/** Beside that of the app. */
export const rolloutFilePattern = /^(.+)\.rollout$/s;

export function parseAppDir(items: readonly DirItem[]): WantedApps {
  const apps: WantedApp[] = [];
  const problems: FileProblem[] = [];
  const rollouts = items.filter((item) => item.type === 'File').filter(isRolloutFile);
  for (const item of items) {
    if (item.type === 'File' && isRolloutFile(item)) continue;
    const wanted = item.type === 'PassedOver' ? [] : parseItem(item);
    for (const one of wanted) {
      if ('problem' in one) problems.push(one);
      else apps.push(one);
    }
  }
  for (const { name, bytes } of rollouts) {
    const at = apps.findIndex(({ app, isRaw }) => `${app}.rollout` === name && !isRaw);
    const wanted = apps[at];
    const isBad = problems.some(({ file }) => `${appOfFile(file)}.rollout` === name);
    if (wanted === undefined) problems.push(...(isBad ? [] : [ofNoApp(name)]));
    else if (bytes.length > valueSizeMax) problems.push(tooLarge(name));
    else apps[at] = { ...wanted, rollout: decodeLeafValue(bytes) };
  }
  for (const { app, places } of apps.filter((one, at) => isSecond(apps, one, at))) {
    const message = `the app ${app} is in another file too`;
    const remedy = 'Keep one of APP.conf, APP.ini and the directory APP.';
    problems.push(fault(places.content, 'E_TWO_FILES', message, remedy));
  }
  apps.sort((a, b) => (a.app < b.app ? -1 : 1));
  return { apps, problems };
}

function isRolloutFile({ name }: DirItem): boolean {
  return rolloutFilePattern.test(name);
}

/** What is wrong with that says enough. */
function appOfFile(file: string): string | undefined {
  return appFilePattern.exec(file)?.[1];
}

function ofNoApp(file: string): FileProblem {
  const app = rolloutFilePattern.exec(file)?.[1] ?? '';
  const message = `there is no ${app}.conf or ${app}.ini beside it`;
  const remedy = `Add that, or remove it; beside ${app}/ips and ${app}/content it is ${app}/rollout.`;
  return fault(file, 'E_STRANGE_FILE', message, remedy);
}

function isSecond(apps: readonly WantedApp[], { app }: WantedApp, at: number): boolean {
  return apps.findIndex((one) => one.app === app) < at;
}

function parseItem(item: DirItem): readonly (WantedApp | FileProblem)[] {
  switch (item.type) {
    case 'PassedOver':
      return [];
    case 'Refused':
      return [
        fault(item.name, 'E_FILE', item.reason, 'Remove it, or put a file of its own there.'),
      ];
    case 'File':
      return [parseFile(item.name, item.bytes)];
    case 'Directory':
      return parseDirectory(item.name, item.items ?? []);
  }
}

function parseFile(file: string, bytes: Uint8Array): WantedApp | FileProblem {
  const stem = appFilePattern.exec(file)?.[1];
  if (stem === undefined) {
    const remedy = 'Call it APP.conf or APP.ini, or begin its name with a dot if it is no app.';
    return fault(
      file,
      'E_STRANGE_FILE',
      'it is no app, and of no kind that is passed over',
      remedy,
    );
  }
  const app = parseAppName(stem);
  if (!app.ok) return { file, problem: app.error };
  if (bytes.length > fileSizeMax) return tooLarge(file);
  const decoded = decodeUtf8(bytes);
  if ('badAt' in decoded) {
    const message = `byte ${String(decoded.badAt + 1)} is not UTF-8`;
    return fault(file, 'E_NOT_UTF8', message, 'Save it as UTF-8.');
  }
  const parsed = parseAppFile(decoded.text);
  if (!parsed.ok) return { file, problem: parsed.error };
  const { hosts, body } = parsed.value;
  return {
    app: app.value,
    places: { ips: file, content: file, rollout: `${app.value}.rollout` },
    ips: { type: 'Text', text: hosts },
    // What happens to be base64 is text too.
    content: { type: 'Text', text: Buffer.from(body).toString('base64') },
    rollout: undefined,
    linesAbove: headerLines,
    isRaw: false,
    hasSecondHosts: parseAppFile(body).ok,
  };
}

/** In the directory of an app. */
export const leafNames: ReadonlySet<string> = new Set(['ips', 'content', 'rollout']);

function parseDirectory(
  name: string,
  items: readonly DirItem[],
): readonly (WantedApp | FileProblem)[] {
  const app = parseAppName(name);
  if (!app.ok) return [{ file: `${name}/`, problem: app.error }];
  const leaves = new Map<string, LeafValue>();
  const problems: FileProblem[] = [];
  for (const item of items) {
    const file = `${name}/${item.name}`;
    if (item.type === 'PassedOver') continue;
    if (item.type === 'File' && leafNames.has(item.name)) {
      if (item.bytes.length > valueSizeMax) problems.push(tooLarge(file));
      leaves.set(item.name, decodeLeafValue(item.bytes));
    } else {
      const reason =
        item.type === 'Refused' ? item.reason : 'it is neither ips nor content nor rollout';
      const remedy =
        'The directory of an app has the files ips and content, may have rollout, and no other.';
      problems.push(fault(file, 'E_STRANGE_FILE', reason, remedy));
    }
  }
  if (problems.length > 0) return problems;
  if (!leaves.has('ips') && !leaves.has('content')) {
    const remedy = 'Begin its name with a dot if it is no app.';
    return [fault(`${name}/`, 'E_STRANGE_FILE', 'it has neither ips nor content', remedy)];
  }
  const places = {
    ...{ ips: `${name}/ips`, content: `${name}/content` },
    rollout: `${name}/rollout`,
  };
  const [ips, content] = [leaves.get('ips'), leaves.get('content')];
  const rollout = leaves.get('rollout');
  const kind = { linesAbove: 0, isRaw: true, hasSecondHosts: false };
  return [{ app: app.value, places, ips, content, rollout, ...kind }];
}

function tooLarge(file: string): FileProblem {
  return fault(file, 'E_TOO_LARGE', 'it is too large for an app', 'Move data out of the content.');
}

export function fault(file: string, code: string, message: string, remedy: string): FileProblem {
  return { file, problem: { code, line: 0, message, remedy } };
}
