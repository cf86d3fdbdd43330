/** `supervene status` and `forget`, with their help. */
import type { CommandDefinition } from '../command.ts';

const json = ['--json', 'one JSON document on standard output'] as const;

export const statusDefinitions: readonly CommandDefinition[] = [
  {
    name: 'status',
    args: [['[NAME]', 'an app on all its hosts, or a host with all its apps, in detail']],
    summary: 'which app runs on which host, and where not, why not',
    description:
      'Hosts and apps as the agents report them, beside what etcd wants; what needs somebody first.\n' +
      'An app on a host is quarantined, rolled-back, lost, held, converging or converged; lost hosts\n' +
      'are shown as they were last known. NAME is an app if there is one, else a host; with --host it\n' +
      'is an app, with --app a host. docs/fleet.md says what to do about each state.',
    options: [
      ['--app <APP,...>', 'only these apps; several by commas, or by repeating it'],
      ['--host <HOST,...>', 'only these hosts'],
      [
        '--state <STATE,...>',
        'only what is quarantined, rolled-back, lost, held, converging, converged',
      ],
      ['--all', 'every row, where many alike would be told as a number, and reasons whole'],
      [
        '--watch',
        'stay and show changes: on a terminal in place, elsewhere a line for each;\n' +
          'Ctrl-C ends it',
      ],
      json,
    ],
    scopes: ['etcd'],
    exits: [
      [0, 'everything that was asked for is converged'],
      [1, 'etcd is not reachable, or there is no such app or host'],
      [2, 'used wrongly'],
      [3, 'something that was asked for is not converged'],
    ],
    examples: [
      ['supervene status', 'is all well, and if not, what not?'],
      ['supervene status web', 'web on each of its hosts'],
      ['supervene status --state quarantined,rolled-back', 'what somebody has to mend'],
      ['supervene status --watch', 'during a roll-out'],
    ],
    load: async () => (await import('./status.ts')).runStatus,
  },
  {
    name: 'forget',
    args: [['<HOST>', 'its `host.id`, as `supervene status` shows it']],
    summary: 'tell no more of a host that is gone for good',
    description:
      'A host whose agent is gone stays in the status as lost, with what it told last. This removes\n' +
      'that. Refused while its key has a lease. What runs on such a host goes on running: apps are\n' +
      'placed elsewhere with `supervene publish --hosts`.',
    options: [json],
    scopes: ['etcd'],
    exits: [
      [0, 'forgotten'],
      [1, 'its key has a lease, nothing is known of it, or etcd is not reachable'],
      [2, 'used wrongly'],
    ],
    examples: [['supervene forget web3', 'the machine was given back']],
    load: async () => (await import('./forget.ts')).runForget,
  },
];
