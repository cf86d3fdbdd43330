/** A rollout for people and for programs, at each of its stages. */
import { describe, expect, it } from 'vitest';
import {
  rolloutDetail,
  rolloutDocument,
  rolloutLines,
} from '../../../../src/commands/rollout/rolloutTexts.ts';
import { rolloutKey, type RolloutPlace } from '../../../../src/domain/fleet/fleetKeys.ts';
import { rolloutRecords } from '../../../../src/domain/fleet/rolloutRecords.ts';
import { type AppRollout, appRollout } from '../../../../src/domain/fleet/rolloutView.ts';
import { formatHalt, formatTurn } from '../../../../src/domain/rollout/turnCodec.ts';
import type { AppName } from '../../../../src/domain/types.ts';
import { rev } from '../../../support/etcdValues.ts';
import { appReport, desiredApp, fleetView, hostReport } from '../../../support/fleetValues.ts';

const form = { columns: undefined, hasColours: false, nowMs: 61_000 };

type Word = Parameters<typeof appReport>[1];

/** `web` on h0, h1, … in these conditions. */
function rollout(
  words: readonly (readonly [Word, string])[],
  stored: readonly (readonly [RolloutPlace, Uint8Array])[],
): AppRollout {
  const reports = words.map(([condition, code], index) =>
    hostReport(`h${String(index)}`, `10.0.0.${String(index)}`, 10, [
      appReport('web', condition, { wanted: 10, applied: 8, code }),
    ]),
  );
  const facts = stored.map(([place, value]) => ({
    key: rolloutKey('/f', 'web' as AppName, place),
    ...{ value, modRevision: rev(12), isLeased: place.type === 'Turn' },
  }));
  const web = desiredApp('web', '*', { at: 10, rollout: '{"maxUnavailable":1}' });
  return appRollout('web', fleetView([web], reports), rolloutRecords('/f', facts));
}

const turn = formatTurn({ host: 'h1', instance: 'a', revision: rev(10), sinceMs: 49_000 });
const underWay = rollout(
  [
    ['converged', ''],
    ['converging', 'Starting'],
    ['converging', 'AwaitingTurn'],
  ],
  [
    [{ type: 'Turn', slot: 1 }, turn],
    [{ type: 'Begun', slot: 1 }, turn],
  ],
);
const lost = rollout([['converging', 'AwaitingTurn']], [[{ type: 'Begun', slot: 1 }, turn]]);
const unreadable = rollout([], [[{ type: 'Begun', slot: 2 }, Buffer.from('x')]]);
const failed = rollout(
  [
    ['rolled-back', 'E_FATAL'],
    ['held', 'RolloutHalted'],
  ],
  [
    [
      { type: 'Halt' },
      formatHalt({
        ...{ revision: rev(10), host: 'h0', code: 'E_FATAL', reason: 'web is FATAL' },
        ...{ by: 'h0', atMs: 31_000 },
      }),
    ],
  ],
);
const byHand = rollout(
  [['held', 'RolloutHalted']],
  [
    [
      { type: 'Halt' },
      formatHalt({
        ...{ revision: rev(10), code: 'ByHand', reason: 'v2 is slow', by: 'alice@laptop' },
        atMs: 31_000,
      }),
    ],
  ],
);

describe('the list of rollouts', () => {
  it('has a line for each: how far, whose turn, who waits, what halted it', () => {
    expect(rolloutLines([underWay, lost, unreadable, failed, byHand], form)).toEqual([
      'APP  REVISION  DONE    TURN                 WAITING  STATE',
      'web  10        1 of 3  h1 12s               1        under way',
      'web  10        0 of 1  h1 12s (lost)        1        under way',
      'web  10        0 of 1  turn 2 (unreadable)  1        under way',
      'web  10        0 of 2  -                    1        halted by h0: E_FATAL: web is FATAL',
      'web  10        0 of 1  -                    1        halted by alice@laptop: v2 is slow',
    ]);
  });

  it('says when there is none', () => {
    expect(rolloutLines([], form)).toEqual(['no rollout is under way']);
  });
});

describe('one rollout', () => {
  it('says whose turn it is since when, and who waits for what', () => {
    expect(rolloutDetail(underWay, form)).toEqual([
      'app       web',
      'revision  10',
      'hosts     1 of 3 done, 1 host at a time',
      'state     under way',
      'turn      h1 since 12s, for revision 10',
      'waits     h2: converging, since 1m: AwaitingTurn: because',
    ]);
  });

  it('says where it failed, since when it is halted, and who keeps what they have', () => {
    expect(rolloutDetail(failed, form).slice(2)).toEqual([
      'hosts     0 of 2 done, 1 host at a time',
      'state     halted by h0: E_FATAL: web is FATAL, since 30s',
      'waits     h1: held, since 1m: RolloutHalted: because',
      'failed    h0: rolled-back, since 1m: E_FATAL: because; revision 8 is there instead',
    ]);
  });

  it('says what is to be done about a host that was lost in its turn', () => {
    expect(rolloutDetail(lost, form).join('\n')).toContain(
      'its agent was lost in its turn, and everybody waits until it is back, forgotten, or `rollout resume`',
    );
  });

  it('fits the terminal', () => {
    const lines = rolloutDetail(lost, { ...form, columns: 40 });
    expect(lines.every((line) => line.length <= 40)).toBe(true);
    expect(lines.length).toBeGreaterThan(6);
  });

  it('is a document for programs', () => {
    expect(rolloutDocument(underWay)).toMatchObject({
      ...{ app: 'web', revision: '10', maxUnavailable: 1, state: 'under-way' },
      ...{ done: 1, total: 3, halt: null, failed: [] },
      turns: [
        { slot: 1, host: 'h1', revision: '10', since: '1970-01-01T00:00:49.000Z', isLost: false },
      ],
      waiting: [{ host: 'h2', code: 'AwaitingTurn', appliedRevision: '8' }],
    });
    expect(rolloutDocument(failed)).toMatchObject({
      state: 'halted',
      halt: { host: 'h0', code: 'E_FATAL', by: 'h0', at: '1970-01-01T00:00:31.000Z' },
    });
    expect(rolloutDocument(byHand)).toMatchObject({ halt: { host: null, by: 'alice@laptop' } });
  });
});
