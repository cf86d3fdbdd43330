/**
 * Watched changes as whole revisions, told in order. A revision that brings apps here waits for
 * their contents; what comes after it waits too, and the stream is not read any further.
 */
import { type EtcdError, type KeyChange, type Range } from '../src/domain/etcdCalls.ts';
import { type DesiredEntry } from '../src/domain/event.ts';
import { type Revision } from '../src/domain/types.ts';
import { fetchContents } from './fetchContents.ts';
import { type Listing } from './listDesired.ts';
import { createRevisionBatches, type RevisionBatch } from './revisionBatches.ts';

export interface DeliveryDeps {
  readonly range: Range;
  readonly onRevision: (
    revision: Revision,
    entries: readonly DesiredEntry[],
    isEmptied: boolean,
  ) => void;
  readonly onFailure: (error: EtcdError) => void;
  readonly pause: () => void;
  readonly resume: () => void;
}

export interface DeliveryOptions {
  readonly prefix: string;
  readonly timeoutMs: number;
  /** Aborted: nothing is told any more. */
  readonly signal: AbortSignal;
}

export interface Delivery {
  readonly push: (changes: readonly KeyChange[], isFragment: boolean) => void;
  /** The newest revision that is in the view of the listing. */
  readonly cursor: () => Revision;
}

export function createDelivery(
  deps: DeliveryDeps,
  { view, revision: listed }: Listing,
  options: DeliveryOptions,
): Delivery {
  const batches = createRevisionBatches(listed);
  const waiting: RevisionBatch[] = [];
  let cursor = listed;
  let isDelivering = false;

  async function deliverAll(): Promise<void> {
    isDelivering = true;
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const { revision } = batch;
      const { apps, wanted, isEmptied } = view.apply(batch.changes);
      cursor = revision;
      if (wanted.length > 0) {
        deps.pause();
        const failed = await fetchContents(deps.range, view, wanted, { ...options, revision });
        if (options.signal.aborted) return;
        if (failed !== undefined) {
          deps.onFailure(failed);
          return;
        }
        deps.resume();
      }
      deps.onRevision(revision, apps.map(view.picture), isEmptied === true);
      if (options.signal.aborted) return;
    }
    isDelivering = false;
  }

  return {
    push: (changes, isFragment) => {
      waiting.push(...batches.push(changes, isFragment));
      if (!isDelivering) void deliverAll();
    },
    cursor: () => cursor,
  };
}
