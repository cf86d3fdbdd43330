/**
 * The keys of apps in etcd: `<prefix>/<app>/ips` and `<prefix>/<app>/content`, for those that are
 * signed `<prefix>/<app>/signature`, and for those that change host by host `<prefix>/<app>/rollout`.
 *
 * The prefix counts with its slash, so `/services/apps2/…` is not below `/services/apps`.
 * Whatever else is below the prefix is nobody's mistake: it is ignored and counted.
 */
import { parseAppName } from './appName.ts';
import { type AppName } from './types.ts';

export type LeafName = 'ips' | 'content' | 'signature' | 'rollout';

export type KeyPlace =
  /** `app` is as written; whether it may be a name is for `parseAppName` to say. */
  | Readonly<{ type: 'Leaf'; app: string; leaf: LeafName }>
  /** Below the prefix, but neither leaf of an app: other leaves, deeper paths, no app at all. */
  | Readonly<{ type: 'Ignored' }>
  | Readonly<{ type: 'Outside' }>;

/** A prefix as people write it, without the slashes at its end; `/` is every key with a slash. */
export function normalisePrefix(prefix: string): string {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === '/') end -= 1;
  return prefix.slice(0, end);
}

/** What every key of an app begins with. */
export function keyStart(prefix: string): string {
  return `${normalisePrefix(prefix)}/`;
}

export function formatKey(prefix: string, app: AppName, leaf: LeafName): string {
  return `${keyStart(prefix)}${app}/${leaf}`;
}

export function parseKey(prefix: string, key: string): KeyPlace {
  const start = keyStart(prefix);
  if (!key.startsWith(start)) return { type: 'Outside' };
  const rest = key.slice(start.length);
  const slash = rest.lastIndexOf('/');
  const leaf = rest.slice(slash + 1);
  if (slash <= 0 || !isLeafName(leaf)) return { type: 'Ignored' };
  const app = rest.slice(0, slash);
  // A deeper path below an app is nobody's; `../x` is somebody's mistake, and is to be seen.
  const isDeeper = app.includes('/') && parseAppName(app.slice(0, app.indexOf('/'))).ok;
  return isDeeper ? { type: 'Ignored' } : { type: 'Leaf', app, leaf };
}

function isLeafName(text: string): text is LeafName {
  return text === 'ips' || text === 'content' || text === 'signature' || text === 'rollout';
}
