/** Bugs in how files are written, removed and looked at. */
import type { Mutant } from '../mutant.ts';
import { only } from '../sizes.ts';

const writing = [
  'test/unit/confFiles.test.ts',
  'test/property/simulate/confFilesCrash.property.test.ts',
];
const scanning = ['test/unit/reducers/blink.test.ts'];
const foreign = ['test/unit/reducers/occupied.test.ts', 'test/unit/confFiles.test.ts'];
const confFiles = 'effects/confFiles.ts';
const scanner = 'streams/conf/confScanner.ts';

export const fileMutants: readonly Mutant[] = [
  {
    name: 'a file is renamed into place without an fsync',
    sizes: only('power-cut'),
    caughtBy: 'Simulator',
    tests: writing,
    changes: [
      {
        file: confFiles,
        from: '    await giveOwnerAndMode(handle, mode, uid, gid);\n    await handle.sync();\n',
        to: '    await giveOwnerAndMode(handle, mode, uid, gid);\n',
      },
    ],
  },
  {
    name: 'the directory is not synced after a rename or a removal',
    sizes: only('power-cut'),
    caughtBy: 'Tests',
    tests: writing,
    changes: [
      {
        file: confFiles,
        from: 'results.some((result) => result.ok) ? await directory.sync() : ok(undefined)',
        to: 'ok(undefined)',
      },
    ],
  },
  {
    name: 'the old file is unlinked before the new one is there',
    sizes: only('power-cut'),
    caughtBy: 'Tests',
    tests: writing,
    changes: [
      {
        file: confFiles,
        from: '    await fileSystem.rename(temporary, target);\n',
        to:
          '    await fileSystem.unlink(target).catch(() => undefined);\n' +
          '    await fileSystem.rename(temporary, target);\n',
      },
    ],
  },
  {
    name: 'a file is written in place',
    sizes: only('power-cut'),
    caughtBy: 'Simulator',
    tests: writing,
    changes: [
      {
        file: confFiles,
        from: 'join(options.confDir, `.${step.app}.supervene.conf.${nonce()}.tmp`)',
        to: 'target',
      },
      {
        file: confFiles,
        from: 'const flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW;',
        to: 'const flags = O_CREAT | constants.O_TRUNC | O_WRONLY | O_NOFOLLOW;',
      },
    ],
  },
  {
    name: 'an fsync of a file that failed is tried again and then believed',
    sizes: only('disk-error', 'power-cut'),
    caughtBy: 'Tests',
    tests: writing,
    changes: [
      {
        file: confFiles,
        from: '    await handle.sync();\n  } catch',
        to: '    await handle.sync().catch(() => handle.sync());\n  } catch',
      },
    ],
  },
  {
    name: 'an fsync of the directory that failed is tried again and then believed',
    caughtBy: 'Tests',
    tests: writing,
    changes: [
      {
        file: 'effects/files/confDirectory.ts',
        from: '    await handle.sync();\n    const now',
        to: '    await handle.sync().catch(() => handle.sync());\n    const now',
      },
    ],
  },
  {
    name: 'a file of somebody else under a name of ours is overwritten',
    sizes: only('foreign-file'),
    caughtBy: 'Simulator',
    tests: foreign,
    changes: [
      {
        file: 'reducers/decide.ts',
        from: "  if (file?.type === 'Occupied') return hold(scene, 'ForeignFile', file.detail, 'held');\n",
        to: '',
      },
      {
        file: 'effects/files/confTarget.ts',
        from: "if (marker === undefined) return blocked(path, 'a file without our marker');",
        to: 'if (marker === undefined) return ok(identityOf(stats));',
      },
    ],
  },
  {
    name: 'the marker of a file is not looked at before it is replaced',
    caughtBy: 'Tests',
    tests: foreign,
    changes: [
      {
        file: 'effects/files/confTarget.ts',
        from: "if (marker === undefined) return blocked(path, 'a file without our marker');",
        to: 'if (marker === undefined) return ok(identityOf(stats));',
      },
    ],
  },
  {
    name: 'what took the place of a file while its successor was written is overwritten',
    caughtBy: 'Tests',
    tests: writing,
    changes: [
      {
        file: confFiles,
        from: 'if ((await targetIdentity(fileSystem, target)) !== before.value) {',
        to: 'if (false) {',
      },
    ],
  },
  {
    name: 'temporary files that a crash left are never swept',
    sizes: only('agent-kill', 'power-cut'),
    caughtBy: 'Tests',
    tests: writing,
    changes: [
      {
        file: confFiles,
        from: 'sweepTemporaries: () => sweep(options, fileSystem),',
        to: 'sweepTemporaries: () => Promise.resolve({ removed: [], errors: [] }),',
      },
    ],
  },
  {
    name: 'owner and mode of a file are left as they happen to be',
    sizes: only('tamper'),
    caughtBy: 'Simulator',
    tests: writing,
    changes: [
      {
        file: confFiles,
        from: '    await giveOwnerAndMode(handle, mode, uid, gid);\n',
        to: '',
      },
      { file: confFiles, from: 'open(path, flags, mode & 0o600)', to: 'open(path, flags, 0o400)' },
    ],
  },
  {
    name: 'all apps share one file',
    caughtBy: 'Simulator',
    tests: writing,
    changes: [
      {
        file: confFiles,
        from: 'return join(confDir, `${app}.supervene.conf`);',
        to: 'return join(confDir, `${app.slice(0, 3)}.supervene.conf`);',
      },
    ],
  },
  {
    name: 'the group of an app is named after another app',
    caughtBy: 'Simulator',
    tests: ['test/unit/loop.test.ts'],
    changes: [
      { file: 'src/domain/content/renderApp.ts', from: '[group:${app}]', to: '[group:app1]' },
    ],
  },
  {
    name: 'a failure to read a file is remembered as what it is',
    sizes: only('disk-error'),
    caughtBy: 'Simulator',
    tests: scanning,
    changes: [{ file: scanner, from: 'isSettled: isOld && isLasting', to: 'isSettled: isOld' }],
  },
  {
    name: 'a file that was just changed is known by its times alone',
    survives: 'only the tests that start programs write twice within one tick of the file system',
    caughtBy: 'Tests',
    tests: scanning,
    changes: [
      {
        file: scanner,
        from: 'isSettled: isOld && isLasting',
        to: 'isSettled: isLasting || !isOld',
      },
    ],
  },
  {
    name: 'files are looked at only when inotify tells',
    sizes: only('tamper', 'inotify-lost'),
    caughtBy: 'Simulator',
    tests: scanning,
    changes: [
      {
        file: 'streams/watchConfFiles.ts',
        from: 'else wake(watched === undefined ? rescanBlindMs : rescanMs);',
        to: 'else if (watched === undefined) wake(rescanBlindMs);',
      },
    ],
  },
  {
    name: 'wrong owner or mode of a file are not repaired',
    sizes: only('tamper'),
    caughtBy: 'Simulator',
    tests: ['test/unit/reducers/occupied.test.ts', 'test/unit/reducers/agentDies.test.ts'],
    changes: [
      {
        file: 'reducers/decide.ts',
        from: "file?.type === 'Ours' && file.sha256 === wantedSha256 && file.isOwnerAndModeRight;",
        to: "file?.type === 'Ours' && file.sha256 === wantedSha256;",
      },
    ],
  },
  {
    name: 'a foreign file that defines the same group is no obstacle',
    sizes: only('foreign-file'),
    caughtBy: 'Simulator',
    tests: [
      'test/unit/reducers/occupied.test.ts',
      'test/unit/reducers/guards.test.ts',
      'test/unit/reducers/supervisord.test.ts',
    ],
    changes: [
      { file: 'reducers/decide.ts', from: '  if (conflict !== undefined) {', to: '  if (false) {' },
    ],
  },
];
