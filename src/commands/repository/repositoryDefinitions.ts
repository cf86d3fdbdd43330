/** `supervene apply` and `supervene export`, with their help. */
import { recordOptions, signingOptions, waitOption } from '../changeOptions.ts';
import type { CommandDefinition } from '../command.ts';

const json = ['--json', 'one JSON document on standard output'] as const;

export const applyDefinition: CommandDefinition = {
  name: 'apply',
  args: [['<DIR>', 'directory of app files, as export writes them']],
  summary: 'make etcd equal to a directory of apps',
  description:
    'An app is a file APP.conf or APP.ini: "; hosts: 10.0.0.1, 10.0.0.2" in the first line and the\n' +
    'body of its [program:APP] section below it; or a directory APP with the files ips and content.\n' +
    'How it goes through its hosts is in APP.rollout beside the first, or APP/rollout: JSON such as\n' +
    '{"maxUnavailable":1,"drain":"2s"}; without that file it changes on all hosts at once.\n' +
    'Dot files, *.md, README, LICENSE and what editors leave are passed over; anything else is refused.\n' +
    'Shows what changes, validates everything before anything is written, and writes all that fits in\n' +
    'one transaction. Fails when somebody else changes one of the apps meanwhile.',
  options: [
    ['--prune', 'remove the apps that are not in DIR'],
    ['--allow-removals', 'with --prune: also more than max(3, 30 %) of the apps, or all of them'],
    ['--dry-run', 'show what would change, write nothing'],
    ['--summary', 'without the differences: contents may be secret, and logs of CI are read'],
    ['--allow-unknown', 'let options pass that supervisor does not know'],
    waitOption,
    ...recordOptions,
    ...signingOptions.filter(([flag]) => !flag.startsWith('--above')),
    json,
  ],
  scopes: ['etcd', 'trust'],
  exits: [
    [0, 'etcd is as the directory says'],
    [1, 'refused, not reachable, or changed meanwhile by somebody'],
    [2, 'used wrongly'],
    [3, '--dry-run: there are differences; --wait: it does not run everywhere'],
  ],
  examples: [
    ['supervene apply apps --prune --dry-run', 'what would change?'],
    ["supervene apply apps --prune -m 'commit 1a2b3c' --wait=120", 'in CI'],
  ],
  load: async () => (await import('./apply.ts')).runApply,
};

export const exportDefinition: CommandDefinition = {
  name: 'export',
  args: [['<DIR>', 'is made when it is not there']],
  summary: 'write the apps in etcd as files for apply',
  description:
    'Each app as APP.conf, with mode 0600: the environment of a program may be secret. What agents\n' +
    'cannot read is written as it is, as APP/ips and APP/content, and told. How an app goes through\n' +
    'its hosts is in APP.rollout.',
  options: [
    [
      '--force',
      'into a directory that is not empty: app files are replaced and removed, no others',
    ],
    ['--allow-removals', 'with --force: also the files of more than max(3, 30 %) of its apps'],
    json,
  ],
  scopes: ['etcd'],
  exits: [
    [0, 'written'],
    [1, 'the directory is not empty; it would lose many apps; an app cannot be read; no etcd'],
    [2, 'used wrongly'],
  ],
  examples: [
    ['supervene export apps', 'the first commit of a repository'],
    ['supervene export apps --force && git diff', 'what was changed beside the repository?'],
  ],
  load: async () => (await import('./export.ts')).runExport,
};
