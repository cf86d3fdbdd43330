/** What supervisord quotes of a refused file may be a foreign one's secret. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Recorded } from '../../../src/domain/event.ts';
import { encodeRecorded } from '../../../src/journal/line.ts';
import { quotedIn, redactRefusal } from '../../../src/replay/redact/redactRefusal.ts';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { goldenDir } from '../../support/golden.ts';
import { createTempDir } from '../../support/tempDir.ts';

const where = "in section 'program:junk' (file: '/etc/supervisor/conf.d/broken.conf')";
const detail = `Unexpected end of key/value pairs in value 'PW="it's hunter2' ${where}`;

it('says where the fault is, without what is quoted', () => {
  expect(redactRefusal(detail)).toBe(
    `Unexpected end of key/value pairs in value '[redacted]' ${where}`,
  );
  expect(quotedIn(detail)).toBe('PW="it\'s hunter2');
  expect(redactRefusal("no headers.\nfile: '/a', line: 1\n'PW=hunter2\n'")).not.toContain(
    'hunter2',
  );
  expect(redactRefusal('no command')).toBe('no command');
});

it('is gone from a redacted journal, its plans and its checkpoints', async () => {
  const temp = await createTempDir('refusal');
  onTestFinished(() => temp.remove());
  const [from, copy] = [join(temp.path, 'from'), join(temp.path, 'copy')];
  mkdirSync(from);
  const recorded = readFileSync(join(goldenDir, 'foreignFiles', '1.jsonl'), 'utf8');
  const lines = recorded.split('\n').map((line) => {
    if (!line.includes('"type":"RereadRefused"')) return line;
    const { seq, atMs, event } = JSON.parse(line) as Recorded;
    return encodeRecorded({ seq, atMs, event: { ...event, detail } as Recorded['event'] }).trim();
  });
  writeFileSync(join(from, '1.jsonl'), lines.join('\n'));
  expect(lines.join('\n')).toContain('hunter2');
  expect((await runCliHere(['replay', from, '--redact', copy])).code).toBe(0);
  const text = readdirSync(copy).map((name) => readFileSync(join(copy, name), 'utf8'));
  expect(text.join('\n')).not.toContain('hunter2');
  expect(text.join('\n')).toContain('[redacted]');
});
