/**
 * What must hold, whatever happens: each as a sentence, with who watches over it. The simulator
 * reports a violation by its name; tests name theirs with the same words.
 */

export interface Invariant {
  readonly number: number;
  readonly sentence: string;
  /**
   * `Always`: the simulator looks at every event. `AtEnd`: it looks when all is healed and quiet.
   * `ByTest`: a test of its own, because one run of a world cannot show it.
   */
  readonly watched: 'Always' | 'AtEnd' | 'ByTest';
  /** Where that test is, from the root of the project; for `ByTest` alone. */
  readonly test?: string;
  /** A wider check shows it too: a violation is reported by that name. */
  readonly within?: string;
}

const always = (number: number, sentence: string) =>
  ({ number, sentence, watched: 'Always' }) as const;
const atEnd = (number: number, sentence: string) =>
  ({ number, sentence, watched: 'AtEnd' }) as const;
const within = (number: number, other: string, sentence: string) =>
  ({ ...atEnd(number, sentence), within: other }) as const;
const byTest = (number: number, test: string, sentence: string) =>
  ({ number, sentence, watched: 'ByTest', test: `test/${test}.test.ts` }) as const;

export const invariants = {
  // Safety.
  Containment: always(
    1,
    'Every path that the agent writes, renames or removes is a file of its own in the conf ' +
      'directory or the journal.',
  ),
  Ownership: always(
    2,
    'No file without our marker is changed or removed, and no call names a group that is not ours.',
  ),
  Isolation: always(
    3,
    'What happens to one app leaves the files and the processes of every other app as they are.',
  ),
  AtomicFile: always(
    4,
    'At every instant and after every crash a file of ours is absent or one complete text that ' +
      'was planned.',
  ),
  NoPoison: atEnd(5, 'What the agent leaves behind, supervisord can reread and start from.'),
  IntentFirst: always(
    6,
    'Before anything is changed, the plan that says so is on disk in the journal.',
  ),
  OneAtATime: always(
    7,
    'A host has at most one plan, one update and one listing of etcd under way.',
  ),
  Monotonic: always(
    8,
    'Numbers in the journal follow one another without a gap, its time never goes back, and what ' +
      'was written for an app is never replaced by an older revision of the same etcd.',
  ),
  UnknownIsNotAbsent: always(
    9,
    'An app is removed only when etcd, listed and trusted, says that it does not run here.',
  ),
  MassRemoval: always(
    10,
    'No more than 3 apps or 30 % of a host are removed within 10 minutes unless somebody ' +
      'confirmed it.',
  ),
  OperatorStop: always(11, 'What an operator has stopped stays stopped until somebody starts it.'),
  NoUnplannedStop: always(
    12,
    'The agent stops a running process only by a plan that names its app.',
  ),
  Quiescence: atEnd(13, 'When actual is as desired, nothing is done and nothing is planned.'),
  Idempotence: always(
    14,
    'Hearing the same observation twice plans nothing more than hearing it once.',
  ),
  Replay: atEnd(
    15,
    'The journal, folded anew, gives the state and every plan that the agent had, byte for byte.',
  ),
  Determinism: byTest(
    16,
    'property/simulate/seeds.property',
    'Two runs with one seed are equal, event by event.',
  ),
  Commutativity: byTest(
    17,
    'property/reducersInvariants.property',
    'Changes of different apps may come in either order.',
  ),
  Coalescing: within(
    18,
    'NoLostUpdate',
    'What is on disk in the end depends on what was published last, not on what went before.',
  ),
  Purity: byTest(
    19,
    'property/reducersInvariants.property',
    'The reducer changes nothing it is given and reads no clock.',
  ),
  Bounded: always(20, 'Plans, retries and restarts come no faster than a host can bear.'),
  StickyQuarantine: always(
    21,
    'Content that a host refuses is not written there again until it changes, or somebody says so.',
  ),
  Secrecy: always(22, 'No value of an environment is in a log line.'),
  PolicyTotal: byTest(
    23,
    'property/domain/contentDifferential',
    'Every content is accepted or refused with one reason.',
  ),
  TornLog: always(
    24,
    'A journal that was cut off anywhere opens again and has lost nothing that was synced.',
  ),
  SingleWriter: byTest(25, 'integration/lock', 'Two agents never hold the lock of one host.'),
  // Liveness: after everything is healed and nobody changes anything.
  Convergence: atEnd(26, 'Every host becomes as etcd says, without a human.'),
  NoLostUpdate: atEnd(
    27,
    'The last content of an app that can run is running; of one that cannot, the fault is told.',
  ),
  CrashRecovery: within(
    28,
    'Convergence',
    'An agent that was killed anywhere finishes what was owed.',
  ),
  Fairness: byTest(
    29,
    'property/simulate/cluster.property',
    'An app that fails for ever or stops slowly delays others by at most 1 s.',
  ),
  Recovery: within(30, 'NoLostUpdate', 'Good content after bad is applied without a human.'),
  Drift: within(31, 'NoLostUpdate', 'What was changed by hand is repaired or reported.'),
} as const satisfies Readonly<Record<string, Invariant>>;

export type InvariantName = keyof typeof invariants;

export interface Violation {
  readonly invariant: InvariantName;
  /** Virtual milliseconds since the beginning. */
  readonly atMs: number;
  /** Undefined for the cluster as a whole. */
  readonly host: string | undefined;
  /** What was seen, for people. */
  readonly detail: string;
}
