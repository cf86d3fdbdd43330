/** `supervene console`, with its help. */
import { roles } from '../../domain/console/roles.ts';
import type { CommandDefinition } from '../command.ts';

export const consoleDefinition: CommandDefinition = {
  name: 'console',
  args: [
    ['[WHAT]', 'user: who may log in; without it the console itself'],
    ['[ACTION]', 'user: add, list, remove or grant'],
    ['[NAME]', 'add, remove, grant: the name of the user'],
  ],
  summary: 'the web page of the fleet, and who may use it',
  description:
    'Serves the page in the foreground, until SIGTERM or SIGINT. It holds no state: several may run,\n' +
    'with copies of one file of users and of the key beside it. Without users it prints an address\n' +
    'once, by which the first is made. Where others than this machine reach it, it needs a\n' +
    'certificate. Logs need the token of the agents: http.tokenFile in the file of settings. user\n' +
    'changes the file of users; what is changed counts at once, and ends the sessions of that user.\n' +
    'grant says anew what one may: all of it, not what is added, and so with --apps and --hosts.',
  options: [
    ['--role <ROLE>', `add, grant: ${roles.join(', ')}; viewer by default`],
    ['--apps <GLOBS>', "add, grant: for these apps, separated by commas; add: '*' by default"],
    ['--hosts <GLOBS>', "add, grant: on these hosts, separated by commas; add: '*' by default"],
    [
      '--also <ROLE:APPS:HOSTS,...>',
      'add, grant: another role for others, such as operator:web*:*; may be repeated',
    ],
    ['--password-file <FILE>', 'add: the password, instead of asking for it; - for standard input'],
    ['--json', 'list: one JSON document on standard output'],
  ],
  scopes: ['etcd', 'console'],
  exits: [
    [0, 'done; the console: ended by a signal'],
    [1, 'it cannot listen, or a file cannot be read or written'],
    [2, 'used wrongly, or open to others without TLS'],
  ],
  examples: [
    ['supervene console', 'on http://127.0.0.1:9180'],
    ['supervene console user add anna --role admin', 'asks for her password'],
    ["supervene console user add ben --role operator --apps 'web*'", 'of some apps alone'],
    [
      "supervene console user grant ben --role publisher --apps 'web*' --hosts '*'",
      'all that he may from now on',
    ],
    ['supervene console user list', 'who may what'],
  ],
  load: async () => (await import('./console.ts')).runConsole,
};
