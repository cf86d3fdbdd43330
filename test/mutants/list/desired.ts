/** Bugs in what is made of etcd's word: what is wanted, what is doubted, what may go. */
import type { Mutant } from '../mutant.ts';
import { only } from '../sizes.ts';

const doubts = [
  'test/unit/reducers/doubt.test.ts',
  'test/unit/reducers/guards.test.ts',
  'test/unit/reducers/removals.test.ts',
  'test/unit/loop.test.ts',
];
const desired = 'reducers/desired.ts';
const interpret = 'reducers/interpret.ts';
const removals = 'reducers/removals.ts';

export const desiredMutants: readonly Mutant[] = [
  {
    name: 'unknown is treated as absent: no identity yet means elsewhere',
    sizes: only('agent-kill', 'bad-content'),
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [
      {
        file: interpret,
        from: "  if (current === undefined) return { type: 'Unknown' };",
        to: "  if (current === undefined) return { type: 'Absent', why: 'Elsewhere', doubt: undefined };",
      },
    ],
  },
  {
    name: 'a pair that lost its ips is treated as deleted',
    sizes: only('bad-content'),
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [
      {
        file: interpret,
        from: "if (ips === undefined) return pending('ips', context);\n  const",
        to: "if (ips === undefined) return { type: 'Absent', why: 'Deleted', doubt: undefined };\n  const",
      },
    ],
  },
  {
    name: 'half a pair is applied: content without ips runs everywhere',
    sizes: only('bad-content'),
    caughtBy: 'Tests',
    tests: ['test/unit/reducers/interpret.test.ts'],
    changes: [
      {
        file: interpret,
        from: "if (ips === undefined) return pending('ips', context);\n  const",
        to:
          'if (ips === undefined) {\n' +
          "    if (content === undefined) return pending('ips', context);\n" +
          '    return readContent(name.value, content, {\n' +
          '      ...{ rolloutLeaf: undefined, placementWarnings: [], settings: context.settings },\n' +
          '    });\n  }\n  const',
      },
    ],
  },
  {
    name: 'a placement that nobody understands means elsewhere',
    sizes: only('bad-content'),
    caughtBy: 'Simulator',
    tests: ['test/unit/reducers/interpret.test.ts'],
    changes: [
      {
        file: interpret,
        from: 'if (!placement.isUnintelligible) return ok(placement);',
        to: 'if (placement !== undefined) return ok(placement);',
      },
    ],
  },
  {
    name: 'what a lost address had placed here is removed',
    sizes: only('identity-lost'),
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [
      {
        file: interpret,
        from: 'if (isPlacedHere(placement, everIdentity(identity, current))) {',
        to: 'if (false) {',
      },
    ],
  },
  {
    name: 'no listing is ever doubted, neither of a restored etcd nor of an empty one',
    sizes: only('etcd-restore', 'etcd-wipe'),
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [
      {
        file: desired,
        from: 'const doubt = doubtOf(editing, event);',
        to: 'const doubt = undefined;',
      },
    ],
  },
  {
    name: 'an etcd that went back is believed',
    survives:
      'an older revision of an app, and an empty etcd, are doubted too; only a backup taken just before ' +
      'an app was published needs this guard, and no test restores one',
    sizes: only('etcd-restore', 'etcd-wipe'),
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [
      {
        file: desired,
        from: "if (status !== 'Never' && compareRevisions(event.revision, revision) < 0) {",
        to: 'if (false) {',
      },
    ],
  },
  {
    name: 'an empty etcd is believed',
    sizes: only('etcd-wipe'),
    caughtBy: 'Tests',
    tests: doubts,
    changes: [
      {
        file: desired,
        from: 'if (event.entries.every(isRemoval) && event.elsewhere === 0) {',
        to: 'if (false) {',
      },
    ],
  },
  {
    name: 'an etcd that is emptied at one stroke is believed',
    caughtBy: 'Tests',
    tests: doubts,
    changes: [
      { file: desired, from: 'event.isEmptied === true ?', to: 'event.revision === undefined ?' },
    ],
  },
  {
    name: 'a doubt ends with the next listing',
    sizes: only('etcd-restore', 'etcd-wipe'),
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [{ file: desired, from: 'why = kept ?? doubt ??', to: 'why = doubt ??' }],
  },
  {
    name: 'a change that is older than what is known counts',
    caughtBy: 'Tests',
    tests: doubts,
    changes: [
      {
        file: desired,
        from: '  if (compareRevisions(event.revision, source.revision) <= 0) return;\n',
        to: '',
      },
    ],
  },
  {
    name: 'a change counts while etcd is lost',
    caughtBy: 'Tests',
    tests: doubts,
    changes: [{ file: desired, from: "  if (source.status !== 'Current') return;\n", to: '' }],
  },
  {
    name: 'apps are removed while etcd cannot be read',
    sizes: only('etcd-cut'),
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [
      {
        file: 'reducers/decideRemoval.ts',
        from: "if (state.source.status === 'Current') return undefined;",
        to: 'if (state.source !== undefined) return undefined;',
      },
    ],
  },
  {
    name: 'the mass-removal guard is off',
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [
      {
        file: removals,
        from: '  if (approvedAtMs.length + candidates.length <= limit) return approve(editing, candidates);',
        to: '  return approve(editing, limit < 0 ? [] : candidates);',
      },
    ],
  },
  {
    name: 'the mass-removal guard forgets what went a moment ago',
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [
      {
        file: removals,
        from: 'approvedAtMs.length + candidates.length <=',
        to: 'candidates.length <=',
      },
    ],
  },
  {
    name: 'a removal that waits for a word is carried out without it',
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [
      {
        file: 'reducers/decideRemoval.ts',
        from: '  if (!app.isRemovalApproved) {',
        to: '  if (false) {',
      },
      {
        file: 'reducers/target.ts',
        from: 'const stays = app.isRemovalApproved ? undefined : (fallback(app) ?? poisoned(app));',
        to: 'const stays = undefined;',
      },
    ],
  },
  {
    name: 'a removal is begun although the app is published again',
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [
      {
        file: 'reducers/target.ts',
        from: "      if (app.desired.type !== 'Absent') return fallback(app) ?? { type: 'Leave' };\n",
        to: '',
      },
    ],
  },
  {
    name: 'an app that came back stays approved for removal',
    caughtBy: 'Simulator',
    tests: doubts,
    changes: [
      {
        file: desired,
        from: 'isRemovalApproved: isGone && app.isRemovalApproved && !isDoubtNew',
        to: 'isRemovalApproved: app.isRemovalApproved',
      },
    ],
  },
  {
    name: 'nobody wakes up at the end of the quiet window',
    caughtBy: 'Simulator',
    tests: ['test/unit/reducers/quietWindow.test.ts'],
    changes: [
      {
        file: 'reducers/planOf.ts',
        from: '  if (quietMs !== undefined) wakes.push(quietMs);\n',
        to: '',
      },
    ],
  },
  {
    name: 'the quiet window never ends while changes go on',
    caughtBy: 'Tests',
    tests: ['test/unit/reducers/quietWindow.test.ts'],
    changes: [
      {
        file: desired,
        from: 'return Math.min(quiet.lastChangeMs + settings.quietMs, firstMs + settings.maxWaitMs);',
        to: 'return Math.max(quiet.lastChangeMs, firstMs) + settings.quietMs;',
      },
    ],
  },
  {
    name: 'a quiet window stays open when the clock moves while it is asked whether to wait on',
    caughtBy: 'Tests',
    tests: ['test/unit/ticks.test.ts'],
    changes: [
      {
        file: 'streams/ticks.ts',
        from: 'expand((readMs) => (readMs < atMs ? wait$ : EMPTY))',
        to: 'expand(() => (nowMs() < atMs ? wait$ : EMPTY))',
      },
    ],
  },
];
