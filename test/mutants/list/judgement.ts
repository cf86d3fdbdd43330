/** Bugs in the judgement on content, and in what an operator says. */
import type { Mutant } from '../mutant.ts';
import { only } from '../sizes.ts';

const trials = [
  'test/unit/loop.test.ts',
  'test/unit/reducers/trials.test.ts',
  'test/unit/reducers/judgeTrial.test.ts',
  'test/unit/reducers/probes.test.ts',
  'test/unit/reducers/poisoned.test.ts',
  'test/unit/reducers/quietWindow.test.ts',
  'test/unit/reducers/guards.test.ts',
];
const operators = [
  'test/unit/reducers/operatorStops.test.ts',
  'test/unit/reducers/observeProcesses.test.ts',
  'test/unit/reducers/stopsTakenBack.test.ts',
  'test/unit/loop.test.ts',
];
const desired = 'reducers/desired.ts';
const observe = 'reducers/observeProcesses.ts';

export const judgementMutants: readonly Mutant[] = [
  {
    name: 'an operator stop is forgotten when the content changes',
    sizes: only('operator', 'supervisord-restart'),
    caughtBy: 'Simulator',
    tests: operators,
    changes: [
      {
        file: desired,
        from: '    attempt: isNewContent ? undefined : app.attempt,',
        to:
          '    hold: isNewContent ? undefined : app.hold,\n' +
          '    attempt: isNewContent ? undefined : app.attempt,',
      },
    ],
  },
  {
    name: 'an operator stop is not noticed',
    sizes: only('operator', 'supervisord-restart'),
    caughtBy: 'Tests',
    tests: operators,
    changes: [
      {
        file: observe,
        from: 'work === undefined && wasStopped(process)',
        to: 'work === undefined && wasStopped(process) && isHeld',
      },
    ],
  },
  {
    name: 'the file of a stopped app lets supervisord start it',
    sizes: only('operator', 'supervisord-restart'),
    caughtBy: 'Tests',
    tests: operators,
    changes: [
      {
        file: 'reducers/decide.ts',
        from: 'const isHeld = app.hold !== undefined;',
        to: 'const isHeld = false;',
      },
    ],
  },
  {
    name: 'an operator who starts an app again is not believed',
    sizes: only('operator', 'supervisord-restart'),
    caughtBy: 'Simulator',
    tests: operators,
    changes: [
      {
        file: observe,
        from: 'return (wasDown && !isDueByItself) || (before === undefined && isFileHeld);',
        to: 'return wasDown && isDueByItself && before === undefined && isFileHeld;',
      },
    ],
  },
  {
    name: 'a stop of ours is taken for an operator stop',
    sizes: only('operator', 'supervisord-restart'),
    caughtBy: 'Simulator',
    tests: operators,
    changes: [
      {
        file: observe,
        from: 'work === undefined && wasStopped(process)',
        to: "work?.phase !== 'Updating' && wasStopped(process)",
      },
    ],
  },
  {
    name: 'what a stop leaves is over as soon as it was asked for',
    caughtBy: 'Simulator',
    tests: operators,
    changes: [
      {
        file: 'reducers/work.ts',
        from: '(process) => isOwedStart(app, process) || isStopUnseen(work, process, atMs),',
        to: '(process) => isOwedStart(app, process) && isStopUnseen(work, process, atMs),',
      },
    ],
  },
  {
    name: 'the rollback is off by one: the first good version comes back, not the last',
    sizes: only('bad-program'),
    caughtBy: 'Tests',
    tests: trials,
    changes: [
      {
        file: 'reducers/trial.ts',
        from: 'lastGood: hasAnyRun ? trial.version : app.lastGood,',
        to: 'lastGood: app.lastGood ?? trial.version,',
      },
    ],
  },
  {
    name: 'nothing is put back when content fails',
    sizes: only('bad-program'),
    caughtBy: 'Tests',
    tests: trials,
    changes: [
      {
        file: 'reducers/trial.ts',
        from: "if (settings.rollback === 'off') return told;",
        to: 'if (settings.rollback !== undefined) return told;',
      },
    ],
  },
  {
    name: 'a program that cannot be started passes its trial',
    sizes: only('bad-program'),
    caughtBy: 'Tests',
    tests: trials,
    changes: [
      {
        file: 'reducers/trial.ts',
        from: "  if (process.state === 'FATAL') return { code: 'E_FATAL', reason: describeFatal(process) };\n",
        to: '',
      },
    ],
  },
  {
    name: 'the restart limit is ignored',
    caughtBy: 'Tests',
    tests: trials,
    changes: [
      {
        file: 'reducers/decide.ts',
        from: '    if (limited !== undefined) return limited;\n',
        to: '',
      },
    ],
  },
  {
    name: 'quarantines are forgotten by the next life of the agent',
    sizes: only('bad-content', 'agent-kill'),
    caughtBy: 'Simulator',
    tests: trials,
    changes: [
      {
        file: 'reducers/outcomes.ts',
        from: '      ...revised(app, event.settings),\n',
        to: '      ...revised(app, event.settings),\n      quarantines: [],\n',
      },
    ],
  },
  {
    name: 'a quarantine ends with the next listing',
    sizes: only('bad-content', 'agent-kill'),
    caughtBy: 'Simulator',
    tests: trials,
    changes: [
      {
        file: desired,
        from: "    entry: isAbsent && desired.why === 'Deleted' ? undefined : entry,",
        to: "    quarantines: [],\n    entry: isAbsent && desired.why === 'Deleted' ? undefined : entry,",
      },
    ],
  },
  {
    name: 'what the host refuses is written all the same',
    sizes: only('bad-content', 'agent-kill'),
    caughtBy: 'Simulator',
    tests: trials,
    changes: [
      {
        file: 'reducers/target.ts',
        from: "if (quarantine === undefined) return { type: 'Run', version, isFallback: false };",
        to: "if (quarantine?.by !== 'Verify') return { type: 'Run', version, isFallback: false };",
      },
    ],
  },
  {
    name: 'the host is not asked before content is written',
    sizes: only('bad-content', 'agent-kill'),
    caughtBy: 'Simulator',
    tests: trials,
    changes: [
      {
        file: 'reducers/decide.ts',
        from: '  if (isNew && !isProbed) {',
        to: '  if (isNew && !isProbed && target.isFallback) {',
      },
    ],
  },
  {
    name: 'content is written on the word of a supervisord that is away',
    caughtBy: 'Tests',
    tests: trials,
    changes: [
      {
        file: 'reducers/outcomes.ts',
        from: "const isUnasked = first === undefined && doubt === 'SupervisordAway';",
        to: 'const isUnasked = first === undefined && doubt === undefined && sha256.length === 0;',
      },
    ],
  },
  {
    name: 'a broken file of somebody else is blamed on ours',
    sizes: only('foreign-file'),
    caughtBy: 'Simulator',
    tests: trials,
    changes: [
      {
        file: 'reducers/reread.ts',
        from: 'return event.file === undefined ? ours.sort() : [];',
        to: 'return ours.sort();',
      },
    ],
  },
  {
    name: 'a file that supervisord refuses stays where it is',
    sizes: only('bad-content', 'agent-kill'),
    caughtBy: 'Simulator',
    tests: trials,
    changes: [
      {
        file: 'reducers/decideRemoval.ts',
        from: "  if (scene.app.file?.type !== 'Ours' || scene.state.confDir.status !== 'Listed') return idle;",
        to: '  if (scene.app.file !== undefined) return idle;',
      },
    ],
  },
];
