/** Bugs in what is kept for the next life, and in the order of intent and effect. */
import type { Mutant } from '../mutant.ts';
import { only } from '../sizes.ts';

const journal = [
  'test/unit/journal.test.ts',
  'test/property/journal.property.test.ts',
  'test/property/simulate/journalCrash.property.test.ts',
  'test/unit/simulate/journalOnDisk.test.ts',
];
const loop = ['test/unit/loop.test.ts', 'test/unit/loopDrain.test.ts'];
const codec = [
  'test/property/replay.property.test.ts',
  'test/unit/reducers/agentDies.test.ts',
  'test/unit/loop.test.ts',
];
const segmentFile = 'src/journal/segmentFile.ts';
const keeper = 'src/journal/segmentKeeper.ts';
const stateCodec = 'reducers/stateCodec.ts';

export const journalMutants: readonly Mutant[] = [
  {
    name: 'an intent is written without an fsync',
    sizes: only('power-cut'),
    caughtBy: 'Simulator',
    tests: journal,
    changes: [
      {
        file: 'src/journal/journalWriter.ts',
        from: 'commitIntent: () => save(true)',
        to: 'commitIntent: () => save(false)',
      },
    ],
  },
  {
    name: 'effects begin before their intent is on disk',
    sizes: only('power-cut'),
    caughtBy: 'Simulator',
    tests: loop,
    changes: [
      {
        file: 'src/loop.ts',
        from: 'if (started.steps.some(changesTheWorld) && !(await gate.pass())) {',
        to: 'void gate.pass();\n    if (started.steps.length === 0) {',
      },
    ],
  },
  {
    name: 'a journal that cannot be written keeps nothing from being done',
    sizes: only('disk-full', 'disk-error'),
    caughtBy: 'Simulator',
    tests: loop,
    changes: [
      { file: 'src/loop.ts', from: '    return committed.ok;\n', to: '    return true;\n' },
    ],
  },
  {
    name: 'two plans are under way at once',
    caughtBy: 'Simulator',
    tests: loop,
    changes: [
      {
        file: 'src/loop.ts',
        from: 'if (isClosing || state.running !== undefined || gate.fault() !== undefined)',
        to: 'if (isClosing || gate.fault() !== undefined)',
      },
      {
        file: 'reducers/planOf.ts',
        from: 'state.running === undefined ? chooseSteps(state, decided, batch.updates) : []',
        to: 'chooseSteps(state, decided, batch.updates)',
      },
    ],
  },
  {
    name: 'the time of the journal goes back with the clock',
    survives:
      'the reducer keeps its own time from going back, and nothing' +
      ' yet sets the clock of a simulated host back',
    caughtBy: 'Tests',
    tests: [...loop, 'test/property/replay.property.test.ts'],
    changes: [
      { file: 'src/loop.ts', from: 'atMs: Math.max(state.atMs, nowMs)', to: 'atMs: nowMs' },
    ],
  },
  {
    name: 'an fsync of the journal that failed is tried again and then believed',
    caughtBy: 'Tests',
    tests: journal,
    changes: [
      {
        file: segmentFile,
        from: 'await handle.datasync();',
        to: 'await handle.datasync().catch(() => handle.datasync());',
      },
    ],
  },
  {
    name: 'a segment appears under its name before it is on disk',
    sizes: only('power-cut'),
    caughtBy: 'Simulator',
    tests: journal,
    changes: [
      {
        file: segmentFile,
        from: '    await handle.sync();\n    await fileSystem.rename(temporary, path);',
        to: '    await fileSystem.rename(temporary, path);',
      },
    ],
  },
  {
    name: 'the directory of the journal is not synced after a new segment',
    sizes: only('power-cut'),
    caughtBy: 'Simulator',
    tests: journal,
    changes: [
      {
        file: segmentFile,
        from: '    await syncDirectory(fileSystem, dir);\n    return writerOf',
        to: '    return writerOf',
      },
    ],
  },
  {
    name: 'a segment that the disk refused is written on',
    sizes: only('disk-full', 'disk-error'),
    caughtBy: 'Simulator',
    tests: journal,
    changes: [
      {
        file: keeper,
        from: '      current = undefined;\n      pending.drop();\n      return err',
        to: '      pending.drop();\n      return err',
      },
    ],
  },
  {
    name: 'the last lines of a full segment are dropped',
    caughtBy: 'Simulator',
    tests: journal,
    changes: [
      {
        file: keeper,
        from: '    await write(full, pending.takeUpTo(checkpoint.seq));',
        to: '    pending.takeUpTo(checkpoint.seq);',
      },
    ],
  },
  {
    name: 'a torn end of the journal is read as good',
    caughtBy: 'Tests',
    tests: journal,
    changes: [
      {
        file: 'src/journal/line.ts',
        from: 'if (sum !== undefined && checksum(line.slice(0, -sealLength)) !== sum) {',
        to: 'if (false) {',
      },
      {
        file: 'src/journal/segment.ts',
        from: '    if (end === -1) return lines;\n    const text',
        to:
          '    if (end === -1 && start >= bytes.length) return lines;\n' +
          '    if (end === -1) {\n' +
          "      const cut = bytes.toString('utf8', start);\n" +
          '      return [...lines, { number: lines.length + 1, text: cut, endByte: bytes.length }];\n' +
          '    }\n    const text',
      },
    ],
  },
  {
    name: 'damage in the middle of the journal is taken for a torn end',
    caughtBy: 'Tests',
    tests: journal,
    changes: [
      {
        file: 'src/journal/segment.ts',
        from: 'const isTorn = !rest.some(({ text }) => decodeRecorded(text).ok);',
        to: 'const isTorn = rest.length > 0;',
      },
    ],
  },
  {
    name: 'the newest segment goes too when the journal is too large',
    caughtBy: 'Tests',
    tests: journal,
    changes: [{ file: segmentFile, from: '  segments.pop();\n', to: '' }],
  },
  {
    name: 'a checkpoint is without the settings',
    sizes: only('agent-kill'),
    caughtBy: 'Simulator',
    tests: codec,
    changes: [
      {
        file: stateCodec,
        from: 'shape: stateShape,\n    ...state,',
        to: 'shape: stateShape,\n    ...state,\n    settings: undefined,',
      },
    ],
  },
  {
    name: 'a checkpoint is without the stops of operators',
    sizes: only('operator', 'agent-kill'),
    caughtBy: 'Simulator',
    tests: codec,
    changes: [
      {
        file: stateCodec,
        from: '    appsByName: sortedEntries(state.appsByName),',
        to:
          '    appsByName: sortedEntries(state.appsByName).map(\n' +
          '      ([name, app]) => [name, { ...app, hold: undefined }] as const,\n    ),',
      },
    ],
  },
  {
    name: 'a checkpoint is without the removals of the last ten minutes',
    sizes: only('agent-kill'),
    caughtBy: 'Simulator',
    tests: codec,
    changes: [
      {
        file: stateCodec,
        from: 'shape: stateShape,\n    ...state,',
        to: 'shape: stateShape,\n    ...state,\n    removals: { approvedAtMs: [] },',
      },
    ],
  },
  {
    name: 'a plan that a killed agent had begun blocks the next life',
    sizes: only('agent-kill'),
    caughtBy: 'Simulator',
    tests: codec,
    changes: [
      {
        file: 'reducers/outcomes.ts',
        from: '    settings: event.settings,\n    running: undefined,\n',
        to: '    settings: event.settings,\n',
      },
    ],
  },
  {
    name: 'what a killed agent had begun with processes is forgotten',
    sizes: only('agent-kill'),
    caughtBy: 'Simulator',
    tests: [...codec, 'test/unit/reducers/operatorStops.test.ts'],
    changes: [
      {
        file: 'reducers/outcomes.ts',
        from: 'work: app.work === undefined ? undefined : { ...app.work, phase: interrupted(app.work) },',
        to: 'work: undefined,',
      },
    ],
  },
];
