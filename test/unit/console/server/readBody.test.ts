/** What the body of a POST may be: read in time that goes with its length, whatever is in it. */
import { PassThrough, Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type BodyPlaces, createBodyPlaces } from '../../../../src/console/server/bodyPlaces.ts';
import { bodyMaxBytes, isDeep, readBody } from '../../../../src/console/server/readBody.ts';

const read = (text: string) => {
  const places = createBodyPlaces({ ofOne: 1, ofAll: 1 });
  return readBody(Readable.from([Buffer.from(text)]) as IncomingMessage, places, '127.0.0.1');
};
/** As much of it as a body may have. */
const full = (part: string, start = ''): string =>
  (start + part.repeat(bodyMaxBytes)).slice(0, bodyMaxBytes);

/** How often a character of it is looked at. */
function looksAt(text: string): number {
  let looks = 0;
  const counted = new Proxy(Object(text) as object, {
    get: (_target, name) => {
      if (typeof name === 'string' && /^\d+$/.test(name)) looks += 1;
      const value: unknown = Reflect.get(Object(text) as object, name);
      return value;
    },
  });
  isDeep(counted as unknown as string);
  return looks;
}

describe('readBody', () => {
  it.each([
    ['a quote and a backslash', full('"\\')],
    ['a quote and two backslashes', full('"\\\\')],
    ['backslashes in a text without an end', full('\\', '"')],
    ['a text without an end', full('a', '"')],
    ['quotes', full('"')],
    ['closing brackets', full(']')],
  ])('comes to an end with 256 KiB of %s', async (_what, text) => {
    expect(await read(text)).toMatchObject({ ok: false, error: { status: 400 } });
  });

  it('takes 256 KiB of one text', async () => {
    const text = 'x'.repeat(bodyMaxBytes - 2);
    expect(await read(`"${text}"`)).toEqual({ ok: true, value: text });
  });

  it('takes what is nested a little, and nothing that is nested much', async () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect((await read(nested(32))).ok).toBe(true);
    expect((await read(nested(33))).ok).toBe(false);
    expect((await read('{"a":'.repeat(33) + '1' + '}'.repeat(33))).ok).toBe(false);
    expect((await read(`[${'[],'.repeat(100)}[]]`)).ok).toBe(true);
  });

  it('counts no bracket in a text, however it is escaped', async () => {
    const texts = ['['.repeat(50), `\\"${'{'.repeat(50)}`, `${'['.repeat(50)}\\\\`];
    for (const text of texts) expect((await read(`["${text}"]`)).ok).toBe(true);
    expect((await read(`["\\\\",${'['.repeat(40)}${']'.repeat(40)}]`)).ok).toBe(false);
  });
});

describe('the places of those whose bodies are read', () => {
  it('are for so many of one and so many of all, and whoever sends longest gives his up', () => {
    const places = createBodyPlaces({ ofOne: 2, ofAll: 4 });
    const gaveUp: string[] = [];
    const enter = (who: string, name: string) => places.enter(who, () => gaveUp.push(name));
    enter('a', 'a1');
    enter('a', 'a2');
    enter('a', 'a3');
    expect(gaveUp).toEqual(['a1']);
    enter('b', 'b1');
    const leave = enter('c', 'c1');
    leave();
    enter('d', 'd1');
    expect(gaveUp).toEqual(['a1']);
    enter('e', 'e1');
    expect(gaveUp).toEqual(['a1', 'a2']);
  });

  it('are left by what comes, by what never does, and by what breaks off', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const taken = new Set<() => void>();
    const places: BodyPlaces = {
      enter: (_who, giveUp) => {
        taken.add(giveUp);
        return () => taken.delete(giveUp);
      },
    };
    const begin = () => {
      const request = new PassThrough();
      request.write('{"a":');
      return { request, read: readBody(request as unknown as IncomingMessage, places, 'a') };
    };
    const [whole, broken, endless, pushed] = [begin(), begin(), begin(), begin()];
    expect(taken.size).toBe(4);
    whole.request.end('1}');
    broken.request.destroy();
    [...taken][3]?.();
    expect(await whole.read).toEqual({ ok: true, value: { a: 1 } });
    expect(await broken.read).toMatchObject({ error: { status: 400 } });
    expect(await pushed.read).toMatchObject({ error: { status: 408 } });
    expect(taken.size).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await endless.read).toMatchObject({ error: { status: 408 } });
    expect(taken.size).toBe(0);
  });
});

describe('isDeep', () => {
  it.each(['"\\', '"\\\\', '"a', '\\"', '"[', '[]'])(
    'looks at each character of %s once',
    (part) => {
      const text = part.repeat(500);
      expect(looksAt(text)).toBeLessThanOrEqual(text.length);
    },
  );
});
