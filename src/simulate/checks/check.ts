/** What a check is told of one simulated host, and how it complains. */
import type { State } from '../../../reducers/state.ts';
import type { Recorded } from '../../domain/event.ts';
import type { InvariantName } from '../invariants.ts';

/** A change of the disk that is about to happen, by the agent. Paths are absolute. */
export interface FileChange {
  readonly call: string;
  readonly path: string;
  /** Of a rename: its new name. */
  readonly to?: string;
}

/** A process began or was told to end. */
export interface ProcessChange {
  readonly type: 'Started' | 'Stopped';
  readonly group: string;
  readonly by: 'Agent' | 'Operator' | 'Supervisord';
}

/** Each may look at one kind of happening; none may change anything. */
export interface Check {
  /** After the reducer has had it. */
  readonly onRecorded?: (recorded: Recorded, before: State, after: State) => void;
  readonly onFileChange?: (change: FileChange) => void;
  readonly onProcess?: (change: ProcessChange) => void;
  /** The agent asks supervisord to change these groups. */
  readonly onGroupCall?: (call: string, groups: readonly string[]) => void;
  /** A new life begins with this state; `wasPowerCut`: unsynced data may be gone. */
  readonly onLife?: (initial: State, wasPowerCut: boolean) => void;
  /** Something from outside concerns these apps; undefined: all of them. */
  readonly onCause?: (apps: readonly string[] | undefined) => void;
}

export type Complain = (invariant: InvariantName, detail: string) => void;
