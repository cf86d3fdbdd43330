/** Bugs in what is done to processes, and in what is made of what they show. */
import type { Mutant } from '../mutant.ts';
import { only } from '../sizes.ts';

const reducers = [
  'test/unit/loop.test.ts',
  'test/unit/reducers/supervisord.test.ts',
  'test/unit/reducers/removals.test.ts',
  'test/unit/reducers/operatorStops.test.ts',
  'test/unit/reducers/stopsTakenBack.test.ts',
  'test/unit/reducers/hotLoop.test.ts',
  'test/unit/reducers/agentDies.test.ts',
];
const polling = ['test/unit/streams/watchProcesses.test.ts'];
const decide = 'reducers/decide.ts';
const outcomes = 'reducers/outcomes.ts';
const rpc = 'effects/drivers/rpcDriver.ts';

export const processMutants: readonly Mutant[] = [
  {
    name: 'supervisorctl updates everything that differs',
    sizes: only('update-killed', 'disk-error'),
    caughtBy: 'Simulator',
    tests: ['test/unit/effects/ctlOutput.test.ts'],
    changes: [
      {
        file: 'effects/drivers/supervisorctlDriver.ts',
        from: "'update', ...names],",
        to: "'update', ...names.slice(0, 0)],",
      },
    ],
  },
  {
    name: 'the rpc driver takes over everything that differs',
    caughtBy: 'Simulator',
    tests: ['test/unit/effects/rpcDriver.test.ts'],
    changes: [
      {
        file: rpc,
        from: '  const unknown = await findUnknown(deps, unchanged);',
        to:
          '  for (const name of [...changed, ...removed]) toRemove.add(name);\n' +
          '  for (const name of [...changed, ...added]) toAdd.add(name);\n' +
          '  const unknown = await findUnknown(deps, unchanged);',
      },
      {
        file: rpc,
        from: 'const names = new Set(groups.map(({ app }) => app));',
        to: 'const names = new Set([...work.value.toRemove, ...work.value.toAdd]);',
      },
    ],
  },
  {
    name: 'an update takes along whatever else differs',
    caughtBy: 'Simulator',
    tests: reducers,
    changes: [
      {
        file: 'reducers/planOf.ts',
        from: "[{ type: 'UpdateGroups', groups: updates, because: whyUpdate(updates) }]",
        to:
          "[\n          {\n            type: 'UpdateGroups',\n            groups: [\n              ...updates,\n" +
          '              ...(state.supervisor.diff?.changed ?? [])\n' +
          '                .filter((name) => updates.every(({ app }) => app !== name))\n' +
          "                .map((app) => ({ app, change: 'Changed', because: '' })),\n" +
          '            ],\n            because: whyUpdate(updates),\n          },\n        ]',
      },
    ],
  },
  {
    name: 'a stop is asked for the neighbour too',
    caughtBy: 'Simulator',
    tests: reducers,
    changes: [
      {
        file: 'effects/applyPlan.ts',
        from: 'const result = await deps.stop(steps.flatMap(({ processes }) => processes));',
        to:
          'const result = await deps.stop(\n' +
          "    steps.flatMap(({ processes }) => [...processes, 'app1:app1']),\n  );",
      },
    ],
  },
  {
    name: 'a group is updated while it still runs',
    caughtBy: 'Simulator',
    tests: reducers,
    changes: [
      {
        file: decide,
        from: '?? retry ?? decideStops(scene, whyUpdate(target));',
        to: '?? retry;',
      },
    ],
  },
  {
    name: 'a group is taken out before its file is',
    caughtBy: 'Simulator',
    tests: reducers,
    changes: [
      {
        file: 'reducers/decideRemoval.ts',
        from: "  if (app.file?.type === 'Ours') {",
        to: "  if (app.file?.type === 'Ours' && app.loaded === undefined) {",
      },
    ],
  },
  {
    name: 'supervisord is asked about the files before they are written',
    caughtBy: 'Simulator',
    tests: reducers,
    changes: [
      {
        file: 'reducers/planOf.ts',
        from: 'return [...probes, ...files, ...(reread === undefined ? [] : [reread])];',
        to: 'return [...probes, ...(reread === undefined ? [] : [reread]), ...files];',
      },
      {
        file: outcomes,
        from: '  approveRemovals(editing, [name]);\n  forgetDiff(editing);',
        to: '  approveRemovals(editing, [name]);',
      },
    ],
  },
  {
    name: 'an update is believed: a killed one is not noticed',
    sizes: only('update-killed'),
    caughtBy: 'Simulator',
    tests: reducers,
    changes: [
      {
        file: outcomes,
        from:
          '    if (event.error !== undefined) onCallFailed(editing, name, event.error);\n  }\n' +
          '  forgetDiff(editing);',
        to:
          '    editApp(editing, name, (app) =>\n' +
          "      app.file?.type !== 'Ours' || app.written === undefined\n        ? app\n" +
          '        : {\n            ...app,\n' +
          '            loaded: { fileSha256: app.file.sha256, versionSha256: app.written.sha256 },\n' +
          '          },\n    );\n  }\n' +
          '  edit(editing, {\n    supervisor: {\n      ...editing.state.supervisor,\n' +
          '      diff: { added: [], changed: [], removed: [] },\n' +
          '      diffAtMs: Infinity,\n    },\n  });',
      },
    ],
  },
  {
    name: 'a supervisord that began anew is not noticed',
    sizes: only('supervisord-restart', 'operator'),
    caughtBy: 'Simulator',
    tests: [...polling, 'test/unit/reducers/supervisord.test.ts'],
    changes: [
      {
        file: 'streams/watchProcesses.ts',
        from: 'sight.instance !== undefined && sight.instance.instance !== instance',
        to: 'sight.instance !== undefined && instance === undefined',
      },
    ],
  },
  {
    name: 'a new supervisord is believed to have loaded what the old one had',
    sizes: only('supervisord-restart', 'operator'),
    caughtBy: 'Tests',
    tests: reducers,
    changes: [
      {
        file: 'reducers/actual.ts',
        from: 'const isNewInstance = supervisor.instance !== event.instance;',
        to: 'const isNewInstance = supervisor.instance === undefined;',
      },
    ],
  },
  {
    name: 'every poll is told as news',
    caughtBy: 'Tests',
    tests: polling,
    changes: [
      {
        file: 'streams/watchProcesses.ts',
        from: 'const changed = processes.filter((process) => !isEqual(process, before.get(process.id)));',
        to: 'const changed = processes.filter((process) => before !== undefined && process.pid >= 0);',
      },
    ],
  },
  {
    name: 'an observation heard twice is two observations: a failure is forgotten by an echo',
    caughtBy: 'Simulator',
    tests: reducers,
    changes: [
      {
        file: 'reducers/actual.ts',
        from: '  if (isSameFile(before.file, file)) return;\n',
        to: '',
      },
    ],
  },
  {
    name: 'what failed is tried again without a pause',
    sizes: only('disk-full', 'disk-read-only'),
    caughtBy: 'Simulator',
    tests: reducers,
    changes: [
      {
        file: 'reducers/obstacles.ts',
        from: 'if (attempt === undefined || attempt.nextMs <= scene.nowMs) return undefined;',
        to: 'if (attempt === undefined || attempt.nextMs > 0) return undefined;',
      },
    ],
  },
  {
    name: 'a stop whose answer was lost is never asked for again',
    sizes: only('supervisord-slow'),
    caughtBy: 'Simulator',
    tests: reducers,
    changes: [
      {
        file: 'reducers/decideProcesses.ts',
        from: 'const isAskedLongAgo = nowMs - askedAtMs >= stopLostMs;',
        to: 'const isAskedLongAgo = askedAtMs === 0;',
      },
    ],
  },
  {
    name: 'a start that is owed is not given',
    caughtBy: 'Simulator',
    tests: reducers,
    changes: [
      {
        file: 'reducers/decideProcesses.ts',
        from: "return isOurs || process.startSec === 0 || settings.operatorStops === 'restart';",
        to: "return settings.operatorStops === 'restart' && !isOurs;",
      },
    ],
  },
  {
    name: 'a supervisord that does not answer is no obstacle',
    caughtBy: 'Tests',
    tests: reducers,
    changes: [
      {
        file: 'reducers/obstacles.ts',
        from: "  if (supervisor.status === 'Lost') {",
        to: '  if (false) {',
      },
    ],
  },
  {
    name: 'a file that goes is all there is to a removal: what supervisord loaded stays',
    caughtBy: 'Simulator',
    tests: reducers,
    changes: [
      {
        file: 'reducers/target.ts',
        from: 'if (!isLeaving || app.loaded !== undefined) return { ...app, file: undefined };',
        to: 'if (app !== undefined) return { ...app, file: undefined };',
      },
    ],
  },
];
