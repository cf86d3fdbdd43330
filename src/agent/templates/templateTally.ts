/** What came of each template: for `/state` and the metrics, and said in the log when it changes. */
import type { KeeperFault, KeeperNews } from '../../../effects/templates/templateKeeper.ts';
import type { Log } from '../../log/log.ts';

export interface TemplateFacts {
  readonly src: string;
  readonly dest: string;
  /** The file is as the data want it, and its reload is done. */
  readonly isDone: boolean;
  /** Undefined while all is well. */
  readonly fault: { readonly at: KeeperFault['at']; readonly detail: string } | undefined;
  readonly isReloadOwed: boolean;
  readonly writes: number;
  readonly reloads: number;
  readonly failures: Readonly<Record<KeeperFault['at'], number>>;
  /** When it was last seen to be so; undefined for never. */
  readonly doneAtMs: number | undefined;
}

export interface TemplateTally {
  readonly facts: () => Omit<TemplateFacts, 'isReloadOwed'>;
  /** Gives whether what is to be said of it has changed. */
  readonly note: (news: KeeperNews) => boolean;
}

export function createTemplateTally(
  { src, dest }: { readonly src: string; readonly dest: string },
  { log, nowMs }: { readonly log: Log; readonly nowMs: () => number },
): TemplateTally {
  const counts = { writes: 0, reloads: 0 };
  const failures = { Render: 0, Write: 0, Check: 0, Reload: 0 };
  let fault: TemplateFacts['fault'];
  let isDone = false;
  let doneAtMs: number | undefined;
  const where = { template: dest };

  const noteFault = ({ at, detail }: KeeperFault): boolean => {
    failures[at] += 1;
    const plain = (text: string | undefined): string | undefined =>
      text?.replace(/[0-9a-f]{4,}|\d+/g, '');
    const isSame = fault?.at === at && plain(fault.detail) === plain(detail);
    fault = { at, detail };
    isDone = false;
    if (isSame) return false;
    log.error({ ...where, at }, `the template of ${dest} has failed: ${says[at]}: ${detail}`);
    return true;
  };

  return {
    facts: () => ({ src, dest, isDone, fault, ...counts, failures: { ...failures }, doneAtMs }),
    note: (news) => {
      switch (news.type) {
        case 'Written': {
          counts.writes += 1;
          const { sizeBytes, isRepair } = news;
          const what = isRepair ? 'was changed or deleted, and is put back' : 'is written';
          log.info({ ...where, sizeBytes }, `${dest} ${what}`);
          return false;
        }
        case 'Reloaded':
          counts.reloads += 1;
          log.info(where, `${dest} is reloaded`);
          return false;
        case 'Failed':
          return noteFault(news.fault);
        case 'Done': {
          const wasFailing = fault !== undefined;
          // Without an offer nothing was made of anything: only what was there before is so.
          if (news.offer !== undefined || wasFailing) doneAtMs = nowMs();
          isDone = news.offer !== undefined || (isDone && !wasFailing);
          fault = undefined;
          if (wasFailing) log.info(where, `the template of ${dest} is well again`);
          return wasFailing;
        }
      }
    },
  };
}

const says: Readonly<Record<KeeperFault['at'], string>> = {
  Render: 'the file stays as it was',
  Write: 'the file stays as it was',
  Check: 'the new text is refused, the file stays as it was',
  Reload: 'the file is in place, its reload is tried again',
};
