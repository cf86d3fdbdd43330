/** What one look at the processes says against the look before it. */
import { describe, expect, it } from 'vitest';
import { observeProcesses } from '../../../reducers/observeProcesses.ts';
import { type AppState, newApp, type Version } from '../../../reducers/appState.ts';
import { newTrial } from '../../../reducers/trial.ts';
import { programFacts } from '../../../src/domain/content/programFacts.ts';
import { sha256 } from '../../../src/domain/sha256.ts';
import type { ProcessState, ProcessStatus, Revision } from '../../../src/domain/types.ts';

const version: Version = {
  revision: '1' as Revision,
  options: [],
  facts: programFacts(new Map()),
  questions: [],
  sha256: sha256('plain'),
  heldSha256: sha256('held'),
};

interface Seen {
  readonly name?: string;
  readonly pid?: number;
  readonly startSec?: number;
}

function process(state: ProcessState, { name = 'x', pid, startSec = 5 }: Seen = {}): ProcessStatus {
  const isUp = state === 'RUNNING' || state === 'STARTING' || state === 'STOPPING';
  const rest = { stopSec: 0, exitStatus: 0, spawnError: '' };
  return {
    id: `a:${name}`,
    group: 'a',
    name,
    state,
    pid: pid ?? (isUp ? 7 : 0),
    startSec,
    ...rest,
  };
}

type Look = readonly ProcessStatus[];
type How = { readonly operatorStops?: 'hold' | 'ignore' | 'restart'; readonly isNew?: boolean };

function look(app: AppState, before: Look, after: Look, how: How = {}): AppState {
  const { operatorStops = 'hold', isNew = false } = how;
  return observeProcesses(app, { before, after, isNewInstance: isNew, atMs: 9_000, operatorStops });
}

const plain: AppState = { ...newApp('a'), written: version };
const withFile = (app: AppState, hash: Version['sha256']): AppState => ({
  ...app,
  file: { type: 'Ours', sha256: hash, revision: version.revision, isOwnerAndModeRight: true },
});
const held = (isWhole: boolean, ...processes: readonly string[]): AppState => ({
  ...plain,
  hold: { processes, isWhole, sinceMs: 1 },
});
const wholeHeld = withFile(held(true, 'a:x'), version.heldSha256);

describe('an operator stop', () => {
  it('is a process that ran and is STOPPED, with no work of ours open', () => {
    expect(look(plain, [process('RUNNING')], [process('STOPPED')]).hold).toEqual({
      processes: ['a:x'],
      isWhole: true,
      sinceMs: 9_000,
    });
    const work = { phase: 'Stopping', sinceMs: 1, stopsAskedAtMs: 1 } as const;
    expect(look({ ...plain, work }, [process('RUNNING')], [process('STOPPED')]).hold).toBe(
      undefined,
    );
  });

  it.each(['EXITED', 'FATAL', 'BACKOFF', 'STOPPING', 'STARTING', 'RUNNING'] as const)(
    'is not what ends as %s',
    (state) => {
      expect(look(plain, [process('RUNNING')], [process(state)]).hold).toBeUndefined();
    },
  );

  it('is not a process that never ran', () => {
    const never = process('STOPPED', { startSec: 0 });
    expect(look(plain, [], [never]).hold).toBeUndefined();
  });

  it('of the rest of a group makes the hold whole, and keeps its age', () => {
    const [x, y] = [process('STOPPED'), process('STOPPED', { name: 'y' })];
    const after = look(held(false, 'a:x'), [x, process('RUNNING', { name: 'y' })], [x, y]);
    expect(after.hold).toEqual({ processes: ['a:x', 'a:y'], isWhole: true, sinceMs: 1 });
  });

  it('is forgotten at once under other settings, and kept while nothing is to be seen', () => {
    const stopped = [process('STOPPED')];
    expect(look(wholeHeld, stopped, stopped, { operatorStops: 'ignore' }).hold).toBeUndefined();
    expect(look(wholeHeld, stopped, [], { operatorStops: 'restart' }).hold).toBeUndefined();
    expect(look(wholeHeld, stopped, []).hold).toBe(wholeHeld.hold);
  });
});

describe('a held process', () => {
  it('that somebody starts is let go', () => {
    for (const state of ['STARTING', 'RUNNING', 'BACKOFF'] as const) {
      expect(look(wholeHeld, [process('STOPPED')], [process(state)]).hold, state).toBeUndefined();
    }
  });

  it('is still held while its stop is on the way, or after it ended', () => {
    for (const state of ['STOPPING', 'STOPPED', 'EXITED', 'FATAL'] as const) {
      expect(look(wholeHeld, [process('RUNNING')], [process(state)]).hold, state).toBeDefined();
    }
  });

  it('that was seen running all the time is not thereby started', () => {
    expect(look(wholeHeld, [process('RUNNING')], [process('RUNNING', { pid: 8 })]).hold).toBe(
      wholeHeld.hold,
    );
  });

  it('that a new supervisord started by itself is held on, its file did not say otherwise', () => {
    const unsaid = withFile(held(true, 'a:x'), version.sha256);
    expect(look(unsaid, [], [process('RUNNING')], { isNew: true }).hold).toBe(unsaid.hold);
    const due = process('STOPPED', { startSec: 0 });
    expect(look(unsaid, [due], [process('RUNNING')]).hold).toBe(unsaid.hold);
  });

  it('that runs under a new supervisord though its file said no was started by somebody', () => {
    expect(look(wholeHeld, [], [process('RUNNING')], { isNew: true }).hold).toBeUndefined();
    const due = process('STOPPED', { startSec: 0 });
    expect(look(wholeHeld, [due], [process('RUNNING')]).hold).toBeUndefined();
  });

  it('takes with it what joins a group that is held whole', () => {
    const both = [process('STOPPED'), process('STOPPED', { name: 'z', startSec: 0 })];
    expect(look(wholeHeld, [process('STOPPED')], both).hold?.processes).toEqual(['a:x', 'a:z']);
    const partly = look(held(false, 'a:x'), [process('STOPPED')], both).hold;
    expect(partly).toEqual({ processes: ['a:x'], isWhole: false, sinceMs: 1 });
  });
});

describe('the starts of a trial', () => {
  const onTrial: AppState = { ...plain, trial: newTrial(version, 1, false) };
  const started: AppState = look(onTrial, [], [process('RUNNING')]);
  const certain = (app: AppState): readonly boolean[] | undefined =>
    app.trial?.starts.map(({ isCertain }) => isCertain);

  it('count the first one for certain', () => {
    expect(certain(started)).toEqual([true]);
    expect(started.trial?.isSeen).toBe(true);
    expect(certain(look(onTrial, [], [process('STOPPED', { startSec: 0 })]))).toEqual([]);
  });

  it.each(['EXITED', 'BACKOFF', 'STARTING'] as const)('count one after %s for certain', (state) => {
    const before = process(state, { pid: state === 'STARTING' ? 7 : 0 });
    const after = look(started, [before], [process('RUNNING', { pid: 8 })]);
    expect(certain(after)).toEqual([true, true]);
  });

  it('count another pid with doubt where it ran before', () => {
    const after = look(started, [process('RUNNING')], [process('RUNNING', { pid: 8 })]);
    expect(certain(after)).toEqual([true, false]);
    const later = look(started, [process('RUNNING')], [process('RUNNING', { startSec: 6 })]);
    expect(certain(later)).toEqual([true, false]);
  });

  it('do not count what an operator or a new supervisord started', () => {
    const up = [process('RUNNING', { pid: 8 })];
    expect(certain(look(started, [process('STOPPED')], up))).toEqual([true]);
    expect(certain(look(started, [], up, { isNew: true }))).toEqual([true]);
  });

  it('do not count what only goes on', () => {
    const up = [process('RUNNING')];
    expect(certain(look(started, up, up))).toEqual([true]);
    expect(certain(look(started, [process('STARTING')], up))).toEqual([true]);
  });
});
