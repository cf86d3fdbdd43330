/** Bugs in what is learned of etcd. */
import type { Mutant } from '../mutant.ts';
import { only } from '../sizes.ts';

const watching = [
  'test/unit/streams/watchDesired.test.ts',
  'test/unit/streams/listDesired.test.ts',
  'test/unit/streams/auditDesired.test.ts',
  'test/property/streams/watchDesired.property.test.ts',
  'test/unit/streams/revisionBatches.test.ts',
];
const viewing = ['test/unit/streams/desiredView.test.ts'];
const follow = 'streams/followDesired.ts';
const batches = 'streams/revisionBatches.ts';

export const etcdMutants: readonly Mutant[] = [
  {
    name: 'the cursor is moved although the revision could not be applied',
    caughtBy: 'Simulator',
    tests: watching,
    changes: [
      {
        file: 'streams/deliverRevisions.ts',
        from: '          deps.onFailure(failed);\n          return;',
        to: '          deps.resume();\n          continue;',
      },
    ],
  },
  {
    name: 'a revision that comes in fragments counts as delivered before it is whole',
    caughtBy: 'Tests',
    tests: watching,
    changes: [
      {
        file: batches,
        from:
          'if (group.revision === keep || compareRevisions(group.revision, delivered) <= 0) continue;\n' +
          '        delivered = group.revision;',
        to:
          'if (compareRevisions(group.revision, delivered) <= 0) continue;\n' +
          '        delivered = group.revision;\n' +
          '        if (group.revision === keep) continue;',
      },
    ],
  },
  {
    name: 'a progress notice is trusted: it moves the cursor',
    sizes: only('etcd-stutter'),
    caughtBy: 'Simulator',
    tests: watching,
    changes: [
      {
        file: follow,
        from: '    else delivery.push(signal.changes, signal.isFragment);',
        to:
          '    else if (signal.changes.length === 0) delivery.trust(signal.revision);\n' +
          '    else delivery.push(signal.changes, signal.isFragment);',
      },
      {
        file: 'streams/deliverRevisions.ts',
        from: '    cursor: () => cursor,',
        to:
          '    cursor: () => cursor,\n' +
          '    trust: (revision) => {\n      cursor = revision;\n      batches.trust(revision);\n    },',
      },
      {
        file: batches,
        from: '  return {\n    push:',
        to: '  return {\n    trust: (revision) => {\n      delivered = revision;\n    },\n    push:',
      },
    ],
  },
  {
    name: 'after a compaction the watch goes on from now, without a listing',
    sizes: only('etcd-compaction', 'etcd-cut'),
    caughtBy: 'Simulator',
    tests: watching,
    changes: [
      {
        file: 'streams/watchDesired.ts',
        from: '    listReason = reasonAfter(end.reason);',
        to:
          "    if (end.reason === 'Compacted') {\n" +
          '      const key = Buffer.from(options.prefix);\n' +
          '      const now = await deps.range({ key, countOnly: true }, { timeoutMs: 3_000 });\n' +
          '      if (now.ok) return follow({ ...listing, revision: now.value.revision });\n' +
          '    }\n    listReason = reasonAfter(end.reason);',
      },
    ],
  },
  {
    name: 'nobody audits whether the watch lost something',
    sizes: only('etcd-drop'),
    caughtBy: 'Simulator',
    tests: watching,
    changes: [{ file: follow, from: 'void run().then(start);', to: 'start();' }],
  },
  {
    name: 'the audit looks only at how many keys there are',
    sizes: only('etcd-drop'),
    caughtBy: 'Simulator',
    tests: watching,
    changes: [
      {
        file: 'streams/auditDesired.ts',
        from: 'return known !== modRevision && compareRevisions(known, revision) <= 0;',
        to: 'return false;',
      },
    ],
  },
  {
    name: 'the audit looks only at what was put, not at how many keys there are',
    sizes: only('etcd-drop'),
    caughtBy: 'Simulator',
    tests: watching,
    changes: [
      {
        file: 'streams/auditDesired.ts',
        from: '  if (found === expected) return undefined;\n',
        to: '  return undefined;\n',
      },
      {
        file: 'streams/auditDesired.ts',
        from: 'isAllThere() && first.value.count === deps.keys.count()',
        to: 'isAllThere()',
      },
    ],
  },
  {
    name: 'revisions are compared as numbers of JavaScript',
    caughtBy: 'Tests',
    tests: watching,
    changes: [
      {
        file: 'src/domain/types.ts',
        from: '  if (a.length !== b.length) return a.length - b.length;',
        to: '  if (a !== b) return Number(a) - Number(b);',
      },
    ],
  },
  {
    name: 'the revision to watch from is reckoned in numbers of JavaScript',
    caughtBy: 'Tests',
    tests: watching,
    changes: [
      {
        file: follow,
        from: 'return String(BigInt(revision) + 1n) as Revision;',
        to: 'return String(Number(revision) + 1) as Revision;',
      },
    ],
  },
  {
    name: 'the watch begins one revision too late',
    sizes: only('etcd-cut'),
    caughtBy: 'Simulator',
    tests: watching,
    changes: [
      {
        file: follow,
        from: 'startRevision: next(listing.revision)',
        to: 'startRevision: next(next(listing.revision))',
      },
    ],
  },
  {
    name: 'events that a watch repeats, or brings late, are applied again',
    sizes: only('etcd-stutter'),
    caughtBy: 'Simulator',
    tests: watching,
    changes: [
      {
        file: batches,
        from: 'if (compareRevisions(change.modRevision, delivered) > 0) held.push(change);',
        to: 'held.push(change);',
      },
      {
        file: batches,
        from: 'if (group.revision === keep || compareRevisions(group.revision, delivered) <= 0) continue;',
        to: 'if (group.revision === keep) continue;',
      },
    ],
  },
  {
    name: 'a watch of another cluster goes on as if it were the same',
    caughtBy: 'Tests',
    tests: watching,
    changes: [
      {
        file: follow,
        from: 'else if (signal.clusterId !== listing.clusterId) {',
        to: 'else if (false) {',
      },
    ],
  },
  {
    name: 'etcd is not listed again when the addresses of the host change',
    sizes: only('identity-lost'),
    caughtBy: 'Simulator',
    tests: watching,
    changes: [
      {
        file: 'streams/watchDesired.ts',
        from: 'return { relist: abortRound, run };',
        to: 'return { relist: () => undefined, run };',
      },
    ],
  },
  {
    name: 'the pages of a listing are of different revisions',
    caughtBy: 'Tests',
    tests: watching,
    changes: [
      {
        file: 'streams/listPages.ts',
        from: 'const revision = first === undefined ? {} : { revision: first.revision };',
        to: 'const revision = {};',
      },
    ],
  },
  {
    name: 'etcd is asked again without a pause while it fails',
    caughtBy: 'Simulator',
    tests: watching,
    changes: [
      {
        file: 'streams/watchDesired.ts',
        from: 'return outage.fail(reason, detail, maxMs);',
        to: 'return outage.fail(reason, detail, maxMs * 0);',
      },
    ],
  },
  {
    name: 'an app that leaves the host is not told, only what stays',
    caughtBy: 'Simulator',
    tests: viewing,
    changes: [
      {
        file: 'streams/desiredView.ts',
        from: 'apps.delta([...touched].filter((app) => apps.settle(app, contents)))',
        to: 'apps.delta([...touched].filter((app) => apps.settle(app, contents) && apps.shown().includes(app)))',
      },
    ],
  },
];
