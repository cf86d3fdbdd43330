/** A journal writer over a tiny reducer: the state is the list of what it was told. */
import { asyncScheduler } from 'rxjs';
import { type DecisionSettings, type Event, type Recorded } from '../../src/domain/event.ts';
import { type AppName } from '../../src/domain/types.ts';
import { createJournalWriter, type JournalWriterOptions } from '../../src/journal/journalWriter.ts';
import { type JournalError } from '../../src/journal/journalError.ts';

export const settings: DecisionSettings = {
  hostId: 'host-1',
  prefix: '/services/apps',
  quietMs: 50,
  maxWaitMs: 1000,
  restartLimit: undefined,
  rollback: 'auto',
  operatorStops: 'hold',
  allowRemovals: false,
  driver: 'rpc',
  confDir: '/etc/supervisor/conf.d',
  programDefaults: [],
  groupPriority: 20,
};

export const event = (by: string): Event => ({ type: 'RetryRequested', app: 'web' as AppName, by });

/** `tell` is the door: stamp, append, reduce. */
export function createTestJournal(
  options: Partial<JournalWriterOptions> & { readonly dir: string },
  startSeq = 0,
) {
  const faults: (JournalError | undefined)[] = [];
  let seq = startSeq;
  const writer = createJournalWriter(
    {
      nowMs: () => Date.now(),
      scheduler: asyncScheduler,
      getCheckpoint: () => ({ seq, state: { seq } }),
      getSettings: () => settings,
      onFault: (fault) => faults.push(fault),
    },
    { version: '0.1.0', host: 'host-1', ...options },
  );
  const tell = (by: string): Recorded => {
    const recorded = { seq: seq + 1, atMs: 1_000 + seq, event: event(by) };
    writer.append(recorded);
    seq = recorded.seq;
    return recorded;
  };
  return { ...writer, tell, faults, seq: () => seq };
}
