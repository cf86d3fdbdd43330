import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../../src/log/createLog.ts';
import { formatLogLine } from '../../../src/log/formatLogLine.ts';
import { type LogFields } from '../../../src/log/log.ts';
import { fcParams } from '../../support/seed.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** The text of one line, through the logger. */
function lineOf(level: Level, fields: LogFields, message: string, hasColours = false): string {
  let text = '';
  const destination = new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const log = createLog({ level: 'debug', format: 'pretty', hasColours, destination });
  log[level](fields, message);
  return text;
}

describe('formatLogLine', () => {
  it('tells the time of this machine, the level, the message and the fields', () => {
    const at = new Date(2026, 10, 23, 4, 5, 6, 7);
    const json = `{"level":40,"time":"${at.toISOString()}","app":"web","n":[1],"msg":"slow"}\n`;
    expect(formatLogLine(json, false)).toBe('[04:05:06.007] WARN: slow {"app":"web","n":[1]}\n');
  });

  it.each<readonly [Level, string, number]>([
    ['debug', 'DEBUG', 34],
    ['info', 'INFO', 32],
    ['warn', 'WARN', 33],
    ['error', 'ERROR', 31],
  ])('paints the level of %s where there are colours, and only there', (level, name, colour) => {
    const colours = `] \u001b[${String(colour)}m${name}\u001b[39m: x \u001b[90m{"a":1}\u001b[39m\n`;
    expect(lineOf(level, { a: 1 }, 'x', true)).toContain(colours);
    expect(lineOf(level, { a: 1 }, 'x')).toMatch(new RegExp(`\\] ${name}: x \\{"a":1\\}\\n$`));
  });

  it('leaves nothing behind a message without fields', () => {
    expect(lineOf('info', {}, 'started')).toMatch(/^\[[\d:.]{12}\] INFO: started\n$/);
  });

  it('takes fields that are named like its own for fields', () => {
    const line = lineOf('error', { level: 'x', time: 'y' }, 'clash');
    expect(line).toMatch(/^\[[\d:.]{12}\] ERROR: clash \{"level":"x","time":"y"\}\n$/);
  });

  it('shows what could move a cursor or turn the reading direction as an escape', () => {
    const line = lineOf('info', { '\u009b1A': '\u202egpj\u2028\u{e0041}' }, 'a\u200fb');
    expect(line).toContain('INFO: a\\u200fb {"\\u009b1A":"\\u202egpj\\u2028\\u{e0041}"}\n');
  });

  it('is one line without a control character, whatever is logged', () => {
    const message = fc.string({ unit: 'binary' });
    const anything = fc.dictionary(
      fc.string({ unit: 'binary' }),
      fc.anything({ withBigInt: true }),
    );
    fc.assert(
      fc.property(anything, message, (fields, text) => {
        expect(lineOf('info', fields, text)).toMatch(
          /^\[[\d:.]{12}\] INFO: [^\p{Cc}\p{Cf}\u2028\u2029]*\n$/u,
        );
      }),
      fcParams(300),
    );
  });

  it('shows a line that is none of the logger as it is, but for what is harmful', () => {
    expect(formatLogLine('{"level":30,"time":"x","msg', false)).toBe(
      '{"level":30,"time":"x","msg\n',
    );
    expect(formatLogLine('gone\u001b[2J\n', true)).toBe('gone\\u001b[2J\n');
  });
});
