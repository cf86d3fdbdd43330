/** When a changed app has proved itself, when it has failed, and when only time can tell. */
import { describe, expect, it } from 'vitest';
import {
  type AppState,
  newApp,
  type Quarantine,
  type SeenStart,
  type Version,
} from '../../../reducers/appState.ts';
import {
  judgeTrial,
  newTrial,
  settleTrial,
  trialDueMs,
  withQuarantine,
} from '../../../reducers/trial.ts';
import { type ProgramFacts, programFacts } from '../../../src/domain/content/programFacts.ts';
import { sha256 } from '../../../src/domain/sha256.ts';
import type { ProcessState, ProcessStatus, Revision } from '../../../src/domain/types.ts';
import { worldSettings } from '../../support/world/world.ts';

function version(revision: string, facts: Partial<ProgramFacts> = {}): Version {
  return {
    revision: revision as Revision,
    options: [],
    facts: { ...programFacts(new Map()), startsecs: 0, ...facts },
    questions: [],
    sha256: sha256(revision),
    heldSha256: sha256(`${revision} held`),
  };
}

function process(state: ProcessState, exitStatus = 0, name = 'x'): ProcessStatus {
  const pid = state === 'RUNNING' ? 7 : 0;
  const times = { startSec: 5, stopSec: 0 };
  return { id: `a:${name}`, group: 'a', name, state, pid, ...times, exitStatus, spawnError: 'no' };
}

const sinceMs = 100_000;

/** On trial with `tried`, loaded, seen, started at the given times. */
function onTrial(tried: Version, starts: readonly Partial<SeenStart>[] = [], more = {}): AppState {
  const trial = newTrial(tried, sinceMs, true);
  const seen = starts.map((start) => ({
    process: 'a:x',
    atMs: sinceMs,
    isCertain: true,
    ...start,
  }));
  return {
    ...newApp('a'),
    written: tried,
    loaded: { fileSha256: tried.sha256, versionSha256: tried.sha256 },
    released: { type: 'Wanted', version: tried, warnings: [] },
    trial: trial === undefined ? undefined : { ...trial, starts: seen },
    ...more,
  };
}

const judge = (app: AppState, afterMs: number, ...processes: readonly ProcessStatus[]): unknown => {
  const verdict = judgeTrial(app, processes, sinceMs + afterMs);
  return typeof verdict === 'string' ? verdict : verdict.code;
};
const times = (...afterMs: readonly number[]): readonly Partial<SeenStart>[] =>
  afterMs.map((ms) => ({ atMs: sinceMs + ms }));
const plain = version('2');

describe('a trial', () => {
  it('with startsecs=0 is passed by running for 10 s after the newest start', () => {
    const app = onTrial(plain, times(100));
    expect(judge(app, 10_099, process('RUNNING'))).toBe('Waiting');
    expect(judge(app, 10_100, process('RUNNING'))).toBe('Good');
    expect(trialDueMs(app, [process('RUNNING')])).toBe(sinceMs + 10_100);
  });

  it('with startsecs is passed as soon as supervisord says RUNNING', () => {
    const app = onTrial(version('2', { startsecs: 1 }), times(0));
    expect(judge(app, 5, process('STARTING'))).toBe('Waiting');
    expect(judge(app, 5, process('RUNNING'))).toBe('Good');
  });

  it('is not about what supervisord has not loaded, nor about what it does not show', () => {
    const other = onTrial(plain, [], { loaded: { fileSha256: sha256('1'), versionSha256: '1' } });
    expect(judge(other, 60_000, process('FATAL'))).toBe('Waiting');
    expect(judge(onTrial(plain), 60_000)).toBe('Waiting');
    expect(trialDueMs(onTrial(plain), [])).toBeUndefined();
  });

  it('does not judge by what was seen before the update, for 3 s', () => {
    const app = onTrial(plain, [], { trial: newTrial(plain, sinceMs, false) });
    expect(judge(app, 2_999, process('FATAL'))).toBe('Waiting');
    expect(judge(app, 3_000, process('FATAL'))).toBe('E_FATAL');
  });

  it('waits for every process that is to run', () => {
    const app = onTrial(plain, times(0));
    const [up, down] = [process('RUNNING'), process('STOPPED', 0, 'y')];
    expect(judge(app, 20_000, up, down)).toBe('Waiting');
    const hold = { processes: ['a:y'], isWhole: false, sinceMs: 1 };
    expect(judge({ ...app, hold }, 20_000, up, down)).toBe('Good');
  });

  it('fails with one process of several', () => {
    expect(judge(onTrial(plain), 5, process('RUNNING'), process('FATAL', 0, 'y'))).toBe('E_FATAL');
  });
});

describe('an exit', () => {
  const exited = (facts: Partial<ProgramFacts>, exitStatus: number): unknown =>
    judge(onTrial(version('2', facts), times(0)), 20_000, process('EXITED', exitStatus));

  it('is what it should be when it is expected and nobody starts it again', () => {
    expect(exited({ autorestart: 'unexpected' }, 0)).toBe('Good');
    expect(exited({ autorestart: 'unexpected', exitcodes: [0, 3] }, 3)).toBe('Good');
    expect(exited({ autorestart: 'false' }, 0)).toBe('Good');
  });

  it('fails a trial when it is unexpected and nobody starts it again', () => {
    expect(exited({ autorestart: 'false' }, 1)).toBe('E_EXITED');
    expect(exited({ autorestart: 'false', exitcodes: [3] }, 0)).toBe('E_EXITED');
  });

  it('says nothing when supervisord is about to start it again', () => {
    expect(exited({ autorestart: 'unexpected' }, 1)).toBe('Waiting');
    expect(exited({ autorestart: 'true' }, 0)).toBe('Waiting');
    expect(exited({ autorestart: 'true' }, 1)).toBe('Waiting');
  });
});

describe('flapping', () => {
  it('is three certain starts of one process within 30 s', () => {
    const up = process('RUNNING');
    expect(judge(onTrial(plain, times(0, 1_000)), 2_000, up)).toBe('Waiting');
    expect(judge(onTrial(plain, times(0, 14_000, 29_000)), 30_000, up)).toBe('E_FLAPPING');
    expect(judge(onTrial(plain, times(0, 14_000, 30_001)), 30_001, up)).toBe('Waiting');
    const two = [...times(0, 1_000), { process: 'a:y', atMs: sinceMs + 1_500 }];
    expect(judge(onTrial(plain, two), 2_000, up, process('RUNNING', 0, 'y'))).toBe('Waiting');
  });

  it('is six starts where each may have been an operator', () => {
    const doubtful = (count: number): readonly Partial<SeenStart>[] =>
      times(...Array.from({ length: count }, (_, n) => n * 1_000)).map((start) => ({
        ...start,
        isCertain: false,
      }));
    expect(judge(onTrial(plain, doubtful(5)), 6_000, process('RUNNING'))).toBe('Waiting');
    expect(judge(onTrial(plain, doubtful(6)), 6_000, process('RUNNING'))).toBe('E_FLAPPING');
  });

  it('is for supervisord to tell where it counts itself', () => {
    const app = onTrial(version('2', { startsecs: 1 }), times(0, 1_000, 2_000, 3_000));
    expect(judge(app, 4_000, process('BACKOFF'))).toBe('Waiting');
  });
});

describe('settleTrial', () => {
  const settle = (app: AppState, state: ProcessState, rollback: 'auto' | 'off' = 'auto') =>
    settleTrial(app, [process(state)], sinceMs + 20_000, { ...worldSettings, rollback });
  const older = version('1');

  it('remembers what has run, and ends its failure', () => {
    const after = settle(onTrial(plain, times(0), { failure: 'old', lastGood: older }), 'RUNNING');
    expect(after).toMatchObject({ trial: undefined, failure: undefined, lastGood: plain });
  });

  it('waits while an operator keeps it stopped: what never ran proves nothing', () => {
    const hold = { processes: ['a:x'], isWhole: true, sinceMs: 1 };
    const after = settle(onTrial(plain, [], { lastGood: older, hold }), 'STOPPED');
    expect(after).toMatchObject({ trial: { version: plain }, lastGood: older });
  });

  it('quarantines what failed, and says why', () => {
    const after = settle(onTrial(plain, [], { lastGood: older }), 'FATAL');
    expect(after).toMatchObject({ trial: undefined, failure: 'a:x is FATAL: no', lastGood: older });
    expect(after.quarantines).toEqual([
      expect.objectContaining({ sha256: plain.sha256, by: 'Verify', code: 'E_FATAL' }),
    ]);
  });

  it('only reports it with rollback off', () => {
    const after = settle(onTrial(plain), 'FATAL', 'off');
    expect(after).toMatchObject({ quarantines: [], failure: 'a:x is FATAL: no' });
  });

  it('never gives up what ran well for what nobody wants now', () => {
    const app = onTrial(plain, [], { lastGood: plain });
    const fallenBack: AppState = {
      ...app,
      released: { type: 'Wanted', version: version('3'), warnings: [] },
    };
    expect(settle(fallenBack, 'FATAL').quarantines).toEqual([]);
    expect(settle(app, 'FATAL').quarantines).toHaveLength(1);
  });
});

describe('withQuarantine', () => {
  const of = (text: string): Quarantine => ({
    sha256: sha256(text),
    by: 'Verify',
    code: 'E_FATAL',
    reason: text,
    sinceMs: 1,
  });

  it('remembers the newest eight, each once', () => {
    let app = newApp('a');
    for (let n = 0; n < 20; n++) app = withQuarantine(app, of(String(n)));
    app = withQuarantine(app, of('15'));
    expect(app.quarantines.map(({ reason }) => reason)).toEqual([
      '12',
      '13',
      '14',
      '16',
      '17',
      '18',
      '19',
      '15',
    ]);
  });
});
