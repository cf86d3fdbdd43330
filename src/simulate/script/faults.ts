/** The faults that a simulation can be asked for, by name. */
import { didYouMean } from '../../domain/nearest.ts';
import { err, ok, type Result } from '../../domain/result.ts';

/** What each does to the world, as `--help` tells it. */
export const faultTexts = {
  'etcd-cut': 'connections to etcd break and are refused for a while',
  'etcd-silent': 'etcd answers nothing and says nothing, without an error',
  'etcd-slow': 'every answer of etcd is late',
  'etcd-refuses': 'etcd has no leader, or refuses the credentials',
  'etcd-compaction': 'etcd forgets the revisions that a watch would need',
  'etcd-stutter': 'a watch repeats events, brings old ones and announces progress too early',
  'etcd-drop': 'a watch loses an event without a word',
  'etcd-wipe': 'etcd comes back empty, with the same cluster id',
  'etcd-restore': 'etcd comes back from a backup, its revision lower',
  'supervisord-restart': 'supervisord ends, at once or for a while, and starts everything anew',
  'supervisord-hang': 'supervisord answers nothing for a while',
  'supervisord-slow': 'supervisord answers late, and some answers get lost',
  'update-killed': 'supervisorctl is killed in the middle of an update',
  'agent-kill': 'the agent is killed at any call and started again',
  'power-cut': 'the host loses power: what was not synced to the disk is gone',
  'disk-full': 'the conf directory, the journal or both have no space left',
  'disk-read-only': 'the disk takes no writes',
  'disk-error': 'single writes, syncs and renames fail',
  'inotify-lost': 'changes of files are not announced',
  'identity-lost': 'the address of the host goes away and comes back',
  operator: 'somebody stops, starts and restarts programs by hand',
  tamper: 'somebody edits, deletes or chmods files of ours',
  'foreign-file': 'files of others appear that define our groups or that nobody can read',
  'bad-content': 'content that is refused, half pairs, unknown placements',
  'bad-program': 'programs that do not start, flap, exit or do not want to stop',
} as const;

export type FaultName = keyof typeof faultTexts;

export const faultNames = Object.keys(faultTexts) as readonly FaultName[];

/** One line for each. */
export function faultHelp(): string {
  const width = Math.max(...faultNames.map((name) => name.length));
  return faultNames.map((name) => `  ${name.padEnd(width)}  ${faultTexts[name]}`).join('\n');
}

/** The shortest text that `parseFaults` makes these of. */
export function formatFaults(faults: readonly FaultName[]): string {
  if (faults.length === 0) return 'none';
  return faultNames.every((name) => faults.includes(name)) ? 'all' : faults.join(',');
}

/** `none`, `all` or names with commas between; the error names the nearest one. */
export function parseFaults(text: string): Result<readonly FaultName[], string> {
  if (text === 'none') return ok([]);
  if (text === 'all') return ok(faultNames);
  const faults: FaultName[] = [];
  for (const item of text.split(',').map((name) => name.trim())) {
    if (item === '') continue;
    if (!isFaultName(item)) {
      const hint = didYouMean(item, faultNames, `one of ${faultNames.join(', ')}`);
      return err(`there is no fault ${JSON.stringify(item)}: ${hint}`);
    }
    if (!faults.includes(item)) faults.push(item);
  }
  return ok(faults);
}

function isFaultName(text: string): text is FaultName {
  return Object.hasOwn(faultTexts, text);
}
