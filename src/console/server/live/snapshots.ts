/**
 * The whole fleet as it is sent: written down and compressed once for all pages of a scope, a piece at
 * a time, so that changes go on to others meanwhile. To a page that follows, one that is a little older
 * does as well: it hears of what changed since like any other that was away for a moment. Everybody
 * else gets one that was read within the last second, or since then nothing has changed.
 */
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { FleetSnapshot, LiveLink } from '../../../domain/console/live.ts';
import type { LiveModel, LiveState } from '../../../domain/console/liveModel.ts';
import type { LiveScope } from '../../../domain/console/liveScope.ts';

export interface Snapshots {
  readonly of: (scope: LiveScope, isFollowed: boolean) => Promise<Snapshot>;
}

export interface Snapshot {
  /** Of a gzip. */
  readonly pieces: readonly Buffer[];
  /** When what is in it was so. */
  readonly readAtMs: number;
}

export interface SnapshotDeps {
  readonly model: LiveModel;
  readonly link: () => LiveLink;
  readonly instance: string;
  readonly nowMs: () => number;
}

/** So much may have changed since: a page is told so within one change. */
const touchedMax = 1_000;
/** Scopes whose newest snapshot is kept. */
const keptMax = 8;
/** Rows that are written down at one go: some 100 kB. */
const rowsAtOnce = 500;

/** How old one may be for whoever does not follow. */
const ageMaxMs = 1_000;

interface Kept {
  version: number;
  /** Undefined: it waits for its turn, and will be read then. */
  read: { readonly atMs: number; readonly link: LiveLink } | undefined;
  readonly snapshot: Promise<Snapshot>;
}

export function createSnapshots({ model, link, instance, nowMs }: SnapshotDeps): Snapshots {
  const keptByScope = new Map<string, Kept>();
  /** One after the other: what many scopes ask for at once takes no more memory than one. */
  let last: Promise<unknown> = Promise.resolve();

  const write = (scope: LiveScope): Kept => {
    const snapshot = last.then(async () => {
      const read = { atMs: nowMs(), link: link() };
      Object.assign(kept, { version: model.version(), read });
      const pieces = await compress(instance, model.stateOf(scope), read.link);
      return { pieces, readAtMs: read.atMs };
    });
    const kept: Kept = { version: model.version(), read: undefined, snapshot };
    last = snapshot.catch(() => undefined);
    return kept;
  };
  const doesFor = ({ version, read }: Kept, isFollowed: boolean): boolean => {
    if (read === undefined) return true;
    const touched = model.touchedSince(version);
    if (isFollowed) return touched !== undefined && touched <= touchedMax;
    return nowMs() - read.atMs <= ageMaxMs || (touched === 0 && read.link === link());
  };
  return {
    of: (scope, isFollowed) => {
      const before = keptByScope.get(scope.key);
      keptByScope.delete(scope.key);
      const kept = before !== undefined && doesFor(before, isFollowed) ? before : write(scope);
      keptByScope.set(scope.key, kept);
      for (const key of keptByScope.keys()) {
        if (keptByScope.size > keptMax) keptByScope.delete(key);
      }
      kept.snapshot.catch(() => keptByScope.delete(scope.key));
      return kept.snapshot;
    },
  };
}

async function compress(
  instance: string,
  { rows, ...state }: LiveState,
  link: LiveLink,
): Promise<readonly Buffer[]> {
  const gzip = createGzip({ level: 4 });
  const pieces: Buffer[] = [];
  gzip.on('data', (piece: Buffer) => pieces.push(piece));
  const head: Omit<FleetSnapshot, 'rows'> = { instance, ...state, link };
  gzip.write(`${JSON.stringify(head).slice(0, -1)},"rows":[`);
  for (let first = 0; first < rows.length; first += rowsAtOnce) {
    const texts = rows.slice(first, first + rowsAtOnce).map((row) => JSON.stringify(row));
    const isRoom = gzip.write(`${first === 0 ? '' : ','}${texts.join(',')}`);
    if (isRoom) await nextTurn();
    else await once(gzip, 'drain');
  }
  gzip.end(']}');
  await once(gzip, 'end');
  return pieces;
}
