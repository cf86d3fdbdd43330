/**
 * The whole fleet as it is sent: written down and compressed once for all pages of a scope, a piece at
 * a time, so that changes go on to others meanwhile. A snapshot that is a little older does as well:
 * its page hears of what changed since like any other that was away for a moment.
 */
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { FleetSnapshot, LiveLink } from '../../../domain/console/live.ts';
import type { LiveModel, LiveState } from '../../../domain/console/liveModel.ts';
import type { LiveScope } from '../../../domain/console/liveScope.ts';

export interface Snapshots {
  /** Pieces of a gzip. */
  readonly of: (scope: LiveScope) => Promise<readonly Buffer[]>;
}

export interface SnapshotDeps {
  readonly model: LiveModel;
  readonly link: () => LiveLink;
  readonly instance: string;
}

/** So much may have changed since: a page is told so within one change. */
const touchedMax = 1_000;
/** Scopes whose newest snapshot is kept. */
const keptMax = 8;
/** Rows that are written down at one go: some 100 kB. */
const rowsAtOnce = 500;

interface Kept {
  readonly version: number;
  readonly pieces: Promise<readonly Buffer[]>;
}

export function createSnapshots({ model, link, instance }: SnapshotDeps): Snapshots {
  const keptByScope = new Map<string, Kept>();
  /** One after the other: what many scopes ask for at once takes no more memory than one. */
  let last: Promise<unknown> = Promise.resolve();

  const write = (scope: LiveScope): Kept => {
    const version = model.version();
    const pieces = last.then(() => {
      const state = model.stateOf(scope);
      return compress(instance, state, link());
    });
    last = pieces.catch(() => undefined);
    return { version, pieces };
  };
  const isFresh = ({ version }: Kept): boolean => {
    const touched = model.touchedSince(version);
    return touched !== undefined && touched <= touchedMax;
  };
  return {
    of: (scope) => {
      const before = keptByScope.get(scope.key);
      keptByScope.delete(scope.key);
      const kept = before !== undefined && isFresh(before) ? before : write(scope);
      keptByScope.set(scope.key, kept);
      for (const key of keptByScope.keys()) {
        if (keptByScope.size > keptMax) keptByScope.delete(key);
      }
      kept.pieces.catch(() => keptByScope.delete(scope.key));
      return kept.pieces;
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
