/** What etcd and the host's identity mean for apps, as sentences: only what changed. */
import { mapChangedKeys, mapGet } from '../../../reducers/persistentMap.ts';
import type { AppState, Desired } from '../../../reducers/appState.ts';
import type { State } from '../../../reducers/state.ts';
import { assertNever } from '../../domain/assertNever.ts';
import type { Event } from '../../domain/event.ts';
import type { Rollout } from '../../domain/rollout/rollout.ts';
import type { Remark } from './remark.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export function listedRemarks(
  event: Of<'DesiredListed'>,
  before: State,
  after: State,
): readonly Remark[] {
  const { revision, entries, elsewhere } = event;
  const { doubt } = after.source;
  const text =
    `etcd lists ${count(entries.length, 'app')} here and ${String(elsewhere)} elsewhere, ` +
    `revision ${revision} (${whyListed[event.reason]})` +
    (doubt === undefined ? '' : `; what it lacks is not believed: ${doubt}`);
  return [learned(undefined, text), ...changedApps(before, after, true)];
}

export function changedRemarks(
  event: Of<'DesiredChanged'>,
  before: State,
  after: State,
): readonly Remark[] {
  const remarks = changedApps(before, after, false);
  if (remarks.length > 0) return remarks;
  const names = event.entries.map(({ app }) => app).join(', ');
  const text =
    names === ''
      ? `etcd changed elsewhere, revision ${event.revision}`
      : `etcd changed, revision ${event.revision}: nothing new about ${names}`;
  return [{ ...learned(undefined, text), isRoutine: true }];
}

export function lostRemarks({ reason, detail }: Of<'DesiredLost'>): readonly Remark[] {
  return [learned(undefined, `etcd is lost: ${reason}: ${detail}`)];
}

export function identityRemarks(before: State, after: State): readonly Remark[] {
  const { current, lostAddresses, lostHostNames } = after.identity;
  if (current === undefined) return [];
  const lost = [...lostAddresses, ...lostHostNames];
  const addresses = current.addresses.join(', ') || 'no address';
  const text =
    `this host is ${[...new Set(current.hostNames)].join(', ')} with ${addresses}` +
    (lost.length === 0 ? '' : `; it has lost ${lost.join(', ')}`);
  return [learned(undefined, text), ...changedApps(before, after, false)];
}

export function changedApps(before: State, after: State, isListing: boolean): readonly Remark[] {
  return mapChangedKeys(before.appsByName, after.appsByName).flatMap((name) => {
    const [was, is] = [mapGet(before.appsByName, name), mapGet(after.appsByName, name)];
    const text = desiredText(was, is, isListing);
    return text === undefined ? [] : [learned(name, text)];
  });
}

function desiredText(
  was: AppState | undefined,
  is: AppState | undefined,
  isListing: boolean,
): string | undefined {
  if (was?.desired === is?.desired) return undefined;
  const [old, desired] = [was?.desired, is?.desired];
  if (desired === undefined) return old === undefined ? undefined : 'is gone, and forgotten';
  switch (desired.type) {
    case 'Unknown':
      return undefined;
    case 'Wanted':
      return wantedText(old, desired, isListing);
    case 'Absent':
      if (old?.type === 'Absent' && old.why === desired.why && old.doubt === desired.doubt) {
        return undefined;
      }
      return absentTexts[desired.why];
    case 'Pending':
      return old?.type === 'Pending' ? undefined : `has no ${desired.missing} key in etcd`;
    case 'Refused': {
      const [first] = desired.problems;
      return `is refused: ${first === undefined ? '' : problemText(first)}`;
    }
    case 'IdentityLost':
      return `is placed here only by ${desired.lost.join(', ')}, which this host has lost`;
    default:
      return assertNever(desired);
  }
}

function wantedText(
  old: Desired | undefined,
  { version, rollout }: Extract<Desired, { type: 'Wanted' }>,
  isListing: boolean,
): string | undefined {
  const at = `revision ${version.revision}`;
  if (old?.type !== 'Wanted') return isListing ? 'is to run here' : `is to run here, ${at}`;
  if (old.version.sha256 !== version.sha256) return `has new content, ${at}`;
  if (JSON.stringify(old.rollout) !== JSON.stringify(rollout)) return rolloutText(rollout);
  if (old.version.revision === version.revision) return undefined;
  return `was published again with the same meaning, ${at}`;
}

function rolloutText(rollout: Rollout | undefined): string {
  const { maxUnavailable, healthcheck } = rollout ?? {};
  const pace =
    maxUnavailable === undefined
      ? 'changes on all hosts at once from now on'
      : `changes on ${count(maxUnavailable, 'host')} at a time from now on`;
  return healthcheck === undefined ? pace : `${pace}, and has to pass a health check`;
}

function problemText({ code, line, message }: { code: string; line: number; message: string }) {
  return `${code}${line > 0 ? ` in line ${String(line)}` : ''}: ${message}`;
}

const absentTexts = {
  Deleted: 'was deleted in etcd',
  Elsewhere: 'is placed on other hosts now',
  NotListed: 'is not listed by etcd',
} as const;

const whyListed: Readonly<Record<Of<'DesiredListed'>['reason'], string>> = {
  Initial: 'the first look',
  Reconnected: 'connected again',
  Compacted: 'the watch was too old',
  ClusterChanged: 'another cluster answers',
  RevisionRegressed: 'its revision went back',
  AuditMismatch: 'an audit disagreed',
  IdentityChanged: 'this host changed',
  WatchCanceled: 'the watch was cancelled',
};

export function learned(app: string | undefined, text: string): Remark {
  return { kind: 'learned', app, text };
}

export function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
}
