/** What was known at a moment of a journal, as a document. */
import type { State } from '../../reducers/state.ts';
import { describeState } from '../agent/view.ts';
import type { Plan } from '../domain/plan.ts';
import type { JournalHeader } from '../journal/segment.ts';
import type { Torn } from './foldJournal.ts';

export interface Known {
  readonly state: State;
  /** What would be done there, and what is held. */
  readonly plan: Plan;
  readonly header: JournalHeader;
  readonly torn: Torn | undefined;
}

/** Plain JSON, without file texts and environment values. */
export function describeKnown({ state, plan, header }: Known) {
  const facts = {
    version: header.supervene,
    pid: 0,
    startedAtMs: 0,
    appliedRevision: state.source.revision,
    journalFault: undefined,
  };
  const { host: _, ...described } = describeState({ state, plan }, facts);
  return {
    host: state.settings?.hostId ?? header.host,
    supervene: header.supervene,
    at: new Date(state.atMs).toISOString(),
    atMs: state.atMs,
    identity: state.identity,
    ...described,
  };
}
