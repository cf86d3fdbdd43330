/** `supervene history` and `supervene rollback`, with their help. */
import { recordOptions, signingOptions, waitOption } from '../changeOptions.ts';
import type { CommandDefinition } from '../command.ts';

const json = ['--json', 'one JSON document on standard output'] as const;

export const historyDefinition: CommandDefinition = {
  name: 'history',
  args: [
    ['<APP>', 'name of the app'],
    ['[REV]', 'only the change at this revision, with its diff'],
  ],
  summary: 'who changed an app, when, from where, why and what',
  description:
    'Newest first, from the records that publish, unpublish, rollback and apply leave, and from what\n' +
    'etcd itself still has. What others wrote (etcdctl, another program) shows as not by supervene.\n' +
    'Of each app the last 50 records are kept, also when etcd is compacted.',
  options: [
    ['--limit <N>', 'so many changes, 20 by default, 1000 at most'],
    ['--diff', 'each change with its diff'],
    json,
  ],
  scopes: ['etcd'],
  exits: [
    [0, 'shown'],
    [1, 'there never was such an app as far as is known, or etcd is not reachable'],
    [2, 'used wrongly'],
  ],
  examples: [
    ['supervene history web', 'the last 20 changes'],
    ['supervene history web 4711', 'what was changed at that revision'],
    ["supervene history web --json | jq '.changes[0].by'", 'who was it?'],
  ],
  load: async () => (await import('./history.ts')).runHistory,
};

export const rollbackDefinition: CommandDefinition = {
  name: 'rollback',
  args: [['<APP>', 'name of the app']],
  summary: 'put back what stood there before',
  description:
    'Without --to: what stood there before the last change; once more takes that back. Shows what\n' +
    'changes and validates it as publish does, since the policy may be another one by now. An app\n' +
    'that was removed comes back. Fails when somebody else changes the app meanwhile.',
  options: [
    ['--to <REV>', 'what stood there at this revision; see `supervene history APP`'],
    ['--content-only', 'the placement stays as it is'],
    ['--hosts-only', 'the content stays as it is'],
    ['--dry-run', 'show what would change, write nothing'],
    ['--allow-unknown', 'let options pass that supervisor does not know'],
    waitOption,
    ...recordOptions,
    ...signingOptions,
    [
      '--digest <SHA256>',
      'that of what is put back, which says that it was seen: for --sign, and for\n' +
        'what only a record knows; shown when it is left out and needed',
    ],
    json,
  ],
  scopes: ['etcd', 'trust'],
  exits: [
    [0, 'put back, or nothing to change'],
    [1, 'refused, no longer known, not reachable, or changed meanwhile by somebody'],
    [2, 'used wrongly'],
    [3, '--dry-run: there are differences; --wait: it does not run everywhere'],
  ],
  examples: [
    ['supervene rollback web --dry-run', 'what would it be?'],
    ["supervene rollback web -m 'v2 leaks memory'", 'to what stood there before'],
    ['supervene rollback web --to 4711', 'to what stood there at that revision'],
  ],
  load: async () => (await import('./rollback.ts')).runRollback,
};
