/** `supervene adopt`, with its help. */
import type { CommandDefinition } from '../command.ts';

export const adoptDefinition: CommandDefinition = {
  name: 'adopt',
  args: [['[FILE]', 'the file to take over; by default every one that defines apps of etcd']],
  summary: 'take over the file that confd wrote on this host',
  description:
    'Gives each app in it a file of its own, as the agent would write it, and renames the old file\n' +
    'to FILE.adopted-TIME. Then supervisord rereads, which changes nothing by itself: when it sees any\n' +
    'difference that was not announced, everything is put back as it was. No process is restarted\n' +
    'whose options stay the same. Stop confd before, and start the agent afterwards; while an agent\n' +
    'runs, stop it for the moment: the processes go on running.',
  options: [
    ['--dry-run', 'show what would be done, with the differences, and touch nothing'],
    [
      '--allow-changes',
      'also apps whose options change; the agent restarts just these when it starts',
    ],
    [
      '--keep-others',
      'what etcd does not place on this host goes on in a file of its own,\n' +
        'FILE with .rest.conf at its end, which supervene leaves alone',
    ],
    ['--json', 'one JSON document on standard output'],
  ],
  scopes: ['etcd', 'host', 'journal', 'agent', 'trust'],
  exits: [
    [0, 'taken over, or there is nothing to take over'],
    [1, 'refused, or put back: nothing has changed; or something cannot be reached'],
    [2, 'used wrongly'],
    [3, '--dry-run: there is something to take over'],
  ],
  examples: [
    ['supervene adopt --dry-run', 'look first'],
    ['supervene adopt', 'then do it'],
    ['supervene adopt /etc/supervisor/conf.d/app.conf --keep-others', 'some of it is not in etcd'],
  ],
  load: async () => (await import('./adopt.ts')).runAdopt,
};
