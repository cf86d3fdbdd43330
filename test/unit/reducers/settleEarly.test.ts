import { describe, expect, it } from 'vitest';
import { type AppState, newApp, type Version } from '../../../reducers/appState.ts';
import { newTrial, settleEarly } from '../../../reducers/trial.ts';
import { programFacts } from '../../../src/domain/content/programFacts.ts';
import { sha256 } from '../../../src/domain/sha256.ts';
import type { ProcessState, ProcessStatus, Revision } from '../../../src/domain/types.ts';

function version(revision: string): Version {
  return {
    revision: revision as Revision,
    options: [],
    facts: programFacts(new Map()),
    questions: [],
    sha256: sha256(revision),
    heldSha256: sha256(`${revision} held`),
  };
}

function running(state: ProcessState): readonly ProcessStatus[] {
  const times = { startSec: 1, stopSec: 0, exitStatus: 0, spawnError: '' };
  return [{ id: 'web:web', group: 'web', name: 'web', state, pid: 7, ...times }];
}

const [older, tried] = [version('1'), version('2')];
const loadedAs = ({ sha256: hash }: Version) => ({ fileSha256: hash, versionSha256: hash });
const onTrial = (more: Partial<AppState>): AppState => ({
  ...newApp('web'),
  trial: newTrial(tried, 0, true),
  ...more,
});

describe('settleEarly', () => {
  it('keeps what ran before a reread had said that it is loaded', () => {
    expect(settleEarly(onTrial({}), running('RUNNING')).lastGood).toBe(tried);
    expect(settleEarly(onTrial({}), running('STARTING')).lastGood).toBe(tried);
    const known = onTrial({ lastGood: older });
    expect(settleEarly(known, running('RUNNING')).lastGood).toBe(older);
  });

  it('prefers what is known to be loaded and runs', () => {
    const app = onTrial({ lastGood: older, loaded: loadedAs(tried) });
    expect(settleEarly(app, running('RUNNING')).lastGood).toBe(tried);
    expect(settleEarly(app, running('STARTING')).lastGood).toBe(older);
  });

  it('calls nothing good that is not what runs, or does not run', () => {
    const other = onTrial({ loaded: loadedAs(older) });
    expect(settleEarly(other, running('RUNNING')).lastGood).toBeUndefined();
    for (const state of ['BACKOFF', 'FATAL', 'EXITED', 'STOPPED'] as const) {
      expect(settleEarly(onTrial({}), running(state)).lastGood).toBeUndefined();
    }
    expect(settleEarly(onTrial({}), []).lastGood).toBeUndefined();
  });
});
