/**
 * `appendJournal.ts DIR COUNT`: commits intents without end, saying each committed number; at the
 * COUNT-th it begins one more and kills itself in the middle.
 */
import { writeSync } from 'node:fs';
import { openJournal } from '../../../src/journal/openJournal.ts';
import { createTestJournal } from '../journal.ts';

const [dir = '', count = ''] = process.argv.slice(2);
const opened = await openJournal(dir);
if (!opened.ok) throw new Error(opened.error.detail);
const journal = createTestJournal({ dir, segmentBytes: 20_000 }, opened.value.nextSeq - 1);
await journal.start();
for (let committed = 0; ;) {
  journal.tell('observed '.repeat(30));
  const { seq } = journal.tell('intended');
  const commit = journal.commitIntent();
  if (committed === Number(count)) setImmediate(() => process.kill(process.pid, 'SIGKILL'));
  if (!(await commit).ok) continue;
  committed += 1;
  writeSync(1, `${String(seq)}\n`);
}
