/** `supervene replay` and `supervene simulate`, with their help. */
import type { CommandDefinition } from './command.ts';
import { faultHelp } from '../simulate/script/faults.ts';

const json = ['--json', 'one JSON document on standard output'] as const;
const usedWrongly = [2, 'used wrongly'] as const;

export const replayDefinition: CommandDefinition = {
  name: 'replay',
  args: [['[JOURNAL...]', 'journal.dir of an agent, single segments, or - for standard input']],
  summary: 'see what an agent learned, decided and did, and why',
  description:
    'Feeds a recorded journal through the reducers of this version, with the effects taken off.\n' +
    'Without a view: what happened, event by event, what happens all the time left out and quiet\n' +
    'stretches folded. Changes nothing, takes no lock, and may read the journal of a running agent.\n' +
    'On a terminal long output goes through $PAGER; NO_COLOR is honoured.\n\n' +
    'MOMENT is the seq of an event (5102), a time (2026-11-22T03:07, local unless it has a zone),\n' +
    'a time of day (03:07:12, the last one before the journal ends) or so long before its end (15m).',
  options: [
    ['--app <APP>', 'only what concerns this app, or the whole host'],
    ['--since <MOMENT>', 'from there on'],
    ['--until <MOMENT>', 'up to there'],
    ['--at <MOMENT>', 'just after that event; alone: what happened around it, nothing left out'],
    ['--all', 'also what happens all the time and changes nothing'],
    ['--explain <APP>', 'view: how the app came to be as it is, newest first'],
    ['--state', 'view: what was known at the end, at --at or at --until'],
    ['--plans', 'view: every plan, its reasons and what was held; with --at: the plan there'],
    ['--diff <MOMENT...>', 'view: what differs between two moments, as in --diff 03:00 5102'],
    [
      '--verify',
      'view: whether this version makes the same plans, byte for byte, and the\n' +
        'same checkpoints; the first difference is shown in full',
    ],
    [
      '--redact <DIR>',
      'write a copy for a bug report there: commands, environment values, paths\n' +
        'and file texts replaced by placeholders, names and numbers kept; it verifies',
    ],
    json,
  ],
  scopes: [],
  exits: [
    [0, 'shown; --verify: everything is equal; a torn end does not change that'],
    [1, 'cannot be read, is damaged in the middle, lacks a segment, or is of a later version'],
    usedWrongly,
    [3, '--verify, --diff: there are differences'],
  ],
  examples: [
    ['supervene replay /var/lib/supervene --since 1h --app demo1', 'the last hour of demo1'],
    ['supervene replay /var/lib/supervene --explain demo1', 'why is it as it is?'],
    ['supervene replay /var/lib/supervene --at 03:07 --state', 'what was known at 03:07'],
    ['supervene replay /var/lib/supervene --diff 03:00 5102', 'what changed in between'],
    ['supervene replay bug-report/ --verify', 'before a reducer is changed'],
    ['supervene replay /var/lib/supervene --redact bug-report', 'without secrets'],
  ],
  load: async () => (await import('./replay.ts')).runReplay,
};

export const simulateDefinition: CommandDefinition = {
  name: 'simulate',
  args: [],
  summary: 'rehearse a cluster: find a history that breaks what supervene promises',
  description:
    'Runs the agent of this version on a simulated cluster: its etcd, hosts, disks, supervisords and\n' +
    'clock are models, and chance comes from the seed alone, so that a run can be repeated. People\n' +
    'publish, operate and meddle, and things break, until so many events are recorded; all the while\n' +
    'the invariants are watched. Then everything is healed, and every host must become as etcd says.\n' +
    'A violation is shrunk to a short history, and the command is printed that repeats it.\n\n' +
    `FAULTS is none, all, or some of these with commas between:\n${faultHelp()}`,
  options: [
    ['--seed <SEED>', 'any text; one is drawn when none is given'],
    ['--hosts <N>', 'how many hosts, 3 by default'],
    ['--apps <N>', 'how many names there are to publish under, 20 by default'],
    ['--events <N>', 'the faults end when the agents have recorded so many, 5000 by default'],
    ['--faults <FAULTS>', 'all by default'],
    [
      '--keep <NUMBERS>',
      "only these of the seed's actions, as in 3,17-20; none: no action at all.\n" +
        'It is what shrinking leaves; --events means nothing then',
    ],
    ['--journal <DIR>', "leave each host's journal there, as DIR/web1, for supervene replay"],
    json,
  ],
  scopes: [],
  exits: [[0, 'everything held'], [1, 'a violation, or an agent crashed'], usedWrongly],
  examples: [
    ['supervene simulate', 'another cluster each time'],
    ['supervene simulate --seed 7 --hosts 5 --faults etcd-cut,power-cut', 'one of them'],
    ['supervene simulate --seed 7 --keep 3,17 --journal out', 'two of its actions'],
    ['supervene replay out/web1', 'what the agent of the first host made of it'],
  ],
  load: async () => (await import('./simulate.ts')).runSimulate,
};
