/** What a process wrote, made harmless: nothing but text and looks gets through. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLine } from '../../../../src/console/page/logs/ansi.ts';
import { plainLook, withSgr } from '../../../../src/console/page/logs/sgr.ts';
import { fcParams } from '../../../support/seed.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (text: string) => decodeLine(bytesOf(text));

/** Of lines that do nothing but stand there. */
const harmless = fc
  .string({ unit: 'binary' })
  .filter((text) => !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text));

/** Much of what terminals act upon. */
const nasty = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc.constantFrom('\x1b[31m', '\x1b[2J', '\x1b]0;x\x07', '\x1bP+q\x1b\\', '\x9b31m', '\u202e'),
      fc.constantFrom(
        '\r',
        '\x00',
        '\x08',
        '\x7f',
        '\u2028',
        '\x1b[38;5;1m',
        '\x1b[38;2;1m',
        '\x1b[',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
  )
  .map((parts) => {
    const all = parts.flatMap((part) => [...(typeof part === 'string' ? bytesOf(part) : part)]);
    return Uint8Array.from(all.filter((byte) => byte !== 0x0a));
  });

describe('decodeLine', () => {
  it('lets no control character through but a tab', () => {
    fc.assert(
      fc.property(nasty, (bytes) => {
        expect(decodeLine(bytes).text).not.toMatch(/(?!\t)\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}/u);
      }),
      fcParams(2_000),
    );
  });

  it('lets nothing through that turns the direction of what follows', () => {
    fc.assert(
      fc.property(nasty, (bytes) => {
        expect(decodeLine(bytes).text).not.toMatch(
          /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u,
        );
      }),
      fcParams(2_000),
    );
  });

  it('gives a text without escapes as it is', () => {
    fc.assert(
      fc.property(harmless, (text) => {
        const { text: given, runs, shownFrom } = decode(text);
        expect({ given, runs, shownFrom }).toEqual({ given: text, runs: [], shownFrom: 0 });
      }),
      fcParams(1_000),
    );
  });

  it('gives runs in order, within the text, that do not overlap', () => {
    fc.assert(
      fc.property(nasty, (bytes) => {
        const { text, runs, shownFrom } = decodeLine(bytes);
        let at = 0;
        for (const { start, end } of runs) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBeLessThanOrEqual(text.length);
        expect(shownFrom).toBeLessThanOrEqual(text.length);
      }),
      fcParams(1_000),
    );
  });

  it('takes colours as looks, over lines', () => {
    const first = decode('\x1b[1;31mred\x1b[0m plain \x1b[32mgreen');
    expect(first.text).toBe('red plain green');
    expect(first.runs).toEqual([
      { start: 0, end: 3, look: { ...plainLook, isBold: true, fg: 1 } },
      { start: 10, end: 15, look: { ...plainLook, fg: 2 } },
    ]);
    expect(decodeLine(bytesOf('on'), first.look).runs).toEqual([
      { start: 0, end: 2, look: { ...plainLook, fg: 2 } },
    ]);
  });

  it('shows every other escape', () => {
    expect(decode('a\x1b[2Jb\x1b]0;title\x07').text).toBe('a\u241b[2Jb\u241b]0;title\u2407');
    expect(decode('\x00\x7f\x9b').text).toBe('\u2400\u2421\\u009b');
    expect(decode('\x1b[31').text).toBe('\u241b[31');
    expect(decode('\x1b[?25h').text).toBe('\u241b[?25h');
  });

  it('shows what turns the direction, and what has no width', () => {
    expect(decode('a\u202eb\u2066\u200b\ufeff').text).toBe('a\\u202eb\\u2066\\u200b\\ufeff');
  });

  it('leaves joined signs joined', () => {
    const family = '\u{1f468}\u200d\u{1f469}';
    expect(decode(family).text).toBe(family);
  });

  it('survives bytes that are no UTF-8', () => {
    const bytes = Uint8Array.from([0x61, 0xff, 0xc3, 0x28, 0xe4, 0xb8]);
    const { text, runs } = decodeLine(bytes);
    expect(text).toBe('a\\xff\\xc3(\\xe4\\xb8');
    expect(runs.map(({ look }) => look)).toEqual(['odd', 'odd']);
  });

  it('shows of a progress line what is on top, and hides nothing from who looks', () => {
    const { text, shownFrom, returns } = decode('10%\r20%\r30%');
    expect(text.slice(shownFrom)).toBe('30%');
    expect(text).toBe('10%\u240d20%\u240d30%');
    expect(returns).toBe(2);
    const cleared = decode('done\r');
    expect({ ...cleared, look: 0 }).toEqual({
      ...{ text: 'done', runs: [], shownFrom: 0, returns: 0, look: 0 },
    });
  });

  it('leaves what nothing overwrote', () => {
    const { text, shownFrom } = decode('kept\r\r\r');
    expect(text.slice(shownFrom)).toMatch(/^kept/);
  });
});

describe('withSgr', () => {
  const look = (parameters: string) => withSgr(plainLook, parameters);

  it('knows the 16, the 256 and the true colours', () => {
    expect(look('35').fg).toBe(5);
    expect(look('94').fg).toBe(12);
    expect(look('103').bg).toBe(11);
    expect(look('38;5;208').fg).toBe('#ff8700');
    expect(look('38;5;7').fg).toBe(7);
    expect(look('48;5;232').bg).toBe('#080808');
    expect(look('38;2;1;2;255').fg).toBe('#0102ff');
    expect(look('38:2::1:2:255').fg).toBe('#0102ff');
    expect(look('38:5:196').fg).toBe('#ff0000');
  });

  it('goes on after a colour', () => {
    expect(look('38;5;208;1')).toMatchObject({ fg: '#ff8700', isBold: true });
    expect(look('1;48;2;0;0;0;4')).toMatchObject({
      bg: '#000000',
      isBold: true,
      isUnderlined: true,
    });
  });

  it('changes nothing for what is not known, or out of its bounds', () => {
    expect(look('38;5;256').fg).toBeUndefined();
    expect(look('38;9')).toEqual(plainLook);
    expect(look('73;8;5')).toEqual(plainLook);
  });

  it('takes everything back', () => {
    const all = look('1;2;3;4;7;9;31;42');
    expect(withSgr(all, '')).toBe(plainLook);
    expect(withSgr(all, '22;23;24;27;29;39;49')).toBe(plainLook);
  });
});
