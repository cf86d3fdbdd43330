/** The folding thread: keeps a few journals folded, and tells of them. One job after the other. */
import { parentPort } from 'node:worker_threads';
import { assertNever } from '../../../domain/assertNever.ts';
import { ok } from '../../../domain/result.ts';
import { describeMoment } from './describeMoment.ts';
import { describeTimeline } from './describeTimeline.ts';
import { type FoldedJournal, foldCopy } from './foldedJournal.ts';
import { type FoldJob, foldsMax, type FoldWord } from './foldTalk.ts';

const foldedByKey = new Map<string, FoldedJournal>();

async function answer(job: FoldJob): Promise<FoldWord> {
  if (job.type === 'Fold') {
    // Room first: what is folded now may be as large as what is dropped for it.
    foldedByKey.delete(job.key);
    while (foldedByKey.size >= foldsMax) drop();
    const folded = await foldCopy(job.compressed);
    if (!folded.ok) return { type: 'Folded', result: folded };
    foldedByKey.set(job.key, folded.value);
    const { first, last } = folded.value;
    return { type: 'Folded', result: ok({ first, last }) };
  }
  const folded = foldedByKey.get(job.key);
  if (folded === undefined) return { type: 'Forgotten' };
  foldedByKey.delete(job.key);
  foldedByKey.set(job.key, folded);
  switch (job.type) {
    case 'Timeline':
      return { type: 'Timeline', document: describeTimeline(folded, job.wish) };
    case 'Moment':
      return { type: 'Moment', result: describeMoment(folded, job.wish) };
    default:
      return assertNever(job);
  }
}

function drop(): void {
  for (const key of foldedByKey.keys()) {
    foldedByKey.delete(key);
    return;
  }
}

parentPort?.on('message', (job: FoldJob) => {
  void answer(job).then((word) => parentPort?.postMessage(word));
});
