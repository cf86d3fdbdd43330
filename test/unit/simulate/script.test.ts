/** The script of a seed: kept by numbers, told in lines, and of a size of its own. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawSize } from '../../../src/simulate/run/drawSize.ts';
import {
  formatKeep,
  keptScript,
  openScript,
  parseKeep,
} from '../../../src/simulate/run/keptScript.ts';
import { commandOf, readRequest } from '../../../src/simulate/run/request.ts';
import { createRng } from '../../../src/simulate/kernel/rng.ts';
import { createScriptSource } from '../../../src/simulate/script/drawScript.ts';
import { describeAction } from '../../../src/simulate/script/describeAction.ts';
import { faultNames } from '../../../src/simulate/script/faults.ts';
import { fcParams } from '../../support/seed.ts';

const options = { seed: '7', hosts: 3, apps: 5, faults: faultNames };
const first = (count: number) => {
  const source = openScript(options);
  return Array.from({ length: count }, () => source.next());
};

describe('keptScript', () => {
  it("is the seed's script without what is left out", () => {
    const numbers = [1, 2, 17, 40, 200];
    const wanted = first(200).filter(({ number }) => numbers.includes(number));
    expect(keptScript(options, numbers)).toEqual(wanted);
    expect(keptScript(options, [])).toEqual([]);
  });
});

describe('parseKeep', () => {
  it('reads what formatKeep writes', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }));
    fc.assert(
      fc.property(numbers, (some) => {
        const sorted = [...some].sort((a, b) => a - b);
        expect(parseKeep(formatKeep(sorted))).toEqual({ ok: true, value: sorted });
      }),
      fcParams(),
    );
    expect(formatKeep([3, 5, 6, 8, 9, 10])).toBe('3,5,6,8-10');
    expect(formatKeep([])).toBe('none');
  });

  it.each(['', '0', '1,', '-3', '5-2', '1-99999999', 'a'])('refuses %j', (text) => {
    expect(parseKeep(text).ok).toBe(false);
  });
});

describe('commandOf', () => {
  it('is read back as the same request', () => {
    const request = { ...drawSize('12'), keep: [3, 4, 5, 9] };
    const words = commandOf(request).split(' ').slice(2);
    const given = new Map<string, string>();
    for (let at = 0; at < words.length; at += 2) {
      given.set(words[at]?.slice(2) ?? '', words[at + 1] ?? '');
    }
    expect(
      readRequest(
        (name) => given.get(name),
        () => 'drawn',
      ),
    ).toEqual({
      ok: true,
      value: request,
    });
  });
});

describe('drawSize', () => {
  it('stays within its bounds, reaches both ends, and is the same for the same seed', () => {
    const sizes = Array.from({ length: 400 }, (_, seed) => drawSize(String(seed)));
    const range = (of: (size: (typeof sizes)[number]) => number) => {
      return [Math.min(...sizes.map(of)), Math.max(...sizes.map(of))];
    };
    expect(range(({ hosts }) => hosts)).toEqual([1, 5]);
    expect(range(({ apps }) => apps)).toEqual([3, 40]);
    expect(range(({ faults }) => faults.length)).toEqual([0, faultNames.length]);
    const [least = 0, most = 0] = range(({ events }) => events);
    expect(least).toBeGreaterThanOrEqual(500);
    expect(most).toBeLessThanOrEqual(20_000);
    expect(drawSize('5')).toEqual(sizes[5]);
  });
});

describe('describeAction', () => {
  it('tells every kind of action in one line', () => {
    const types = new Map<string, string>();
    for (let seed = 0; types.size < 23 && seed < 60; seed++) {
      const source = createScriptSource(createRng(String(seed)), options);
      for (let count = 0; count < 600; count++) {
        const scripted = source.next();
        const line = describeAction(scripted);
        expect(line).toMatch(/^ *\d+\.\d s {2}(?:etcd|all|web\d) +\S[^\n]*$/);
        expect(line).not.toMatch(/undefined|NaN|\[object/);
        types.set(scripted.action.type, line);
      }
    }
    expect([...types.keys()].sort()).toEqual([
      ...['Backup', 'Compact', 'Confirm', 'CutPower', 'DiskFault', 'EtcdFault', 'ForeignFile'],
      ...['HangSupervisord', 'KillAgent', 'KillUpdate', 'LoseAddress', 'LoseInotify', 'Operate'],
      ...['Publish', 'PublishMany', 'PutLeaf', 'RestartSupervisord', 'Restore', 'Retry'],
      ...['SlowSupervisord', 'Tamper', 'Unpublish', 'Wipe'],
    ]);
  });

  it('says when and where', () => {
    const line = describeAction({
      ...{ number: 3, atMs: 12_400 },
      action: { type: 'KillAgent', host: 1, atCall: 7, downMs: 800 },
    });
    expect(line.trim()).toBe(
      '12.4 s  web2    the agent is killed at its 7th disk call from then, back after 0.8 s',
    );
  });
});
