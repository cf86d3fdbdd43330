/** What hosts are asked through etcd, and `ps` and `logs`, with their help. */
import type { CommandDefinition } from '../command.ts';

const json = ['--json', 'one JSON document on standard output'] as const;
const usedWrongly = [2, 'used wrongly'] as const;
const app = ['<APP>', 'name of the app: letters, digits, dot, dash, underscore'] as const;
const someHosts = [
  '--host <HOST,...>',
  'only these hosts, by their host.id; several by commas. Without it all\nthat report the app',
] as const;
const process = [
  '--process <NAME>',
  'only this one of its processes, as `supervene ps` shows it',
] as const;

function control(
  verb: 'start' | 'stop' | 'restart',
  summary: string,
  about: string,
  load: CommandDefinition['load'],
): CommandDefinition {
  return {
    name: verb,
    args: [app],
    summary,
    description:
      `${about}\n` +
      'The agents are asked through etcd and act as `supervisorctl` would; each host answers with a\n' +
      'line when it is done. Nothing is asked back. What no agent takes within 15 s is not done. Hosts\n' +
      'whose agent is gone are told as lost, and not waited for.',
    options: [someHosts, process, json],
    scopes: ['etcd'],
    exits: [
      [0, 'done on every host'],
      [1, 'not done on some host, no host has the app, or etcd is not reachable'],
      usedWrongly,
    ],
    examples: [
      [`supervene ${verb} web`, 'on every host that has it'],
      [`supervene ${verb} web --host web1,web2`, 'on these two'],
    ],
    load,
  };
}

export const requestDefinitions: readonly CommandDefinition[] = [
  {
    name: 'retry',
    args: [app],
    summary: 'lift the quarantine of an app',
    description:
      'Lets the running agent try content again that did not run. Without --host the agent of this\n' +
      'host is asked, and no other; with it the agents of those hosts, through etcd.',
    options: [
      ['--host <HOST,...>', "these hosts, by their host.id; '*' for all that report the app"],
      ['--all-hosts', "the same as --host '*'"],
      json,
    ],
    scopes: ['etcd', 'journal'],
    exits: [
      [0, 'the agents try again'],
      [1, 'no agent runs here, it knows no such app, or some host did not do it'],
      usedWrongly,
    ],
    examples: [
      ['supervene retry web', 'here, after the missing directory was made'],
      ['supervene retry web --host web2', 'on another host'],
      ['supervene retry web --all-hosts', 'wherever it is'],
    ],
    load: async () => (await import('../retry.ts')).runRetry,
  },
  {
    name: 'confirm',
    args: [['[HOST]', 'another host, by its host.id; by default this one']],
    summary: 'let a held mass removal through on a host',
    description:
      'The agent holds removals of more than max(3, 30 %) of the apps of its host within 10\n' +
      'minutes. `supervene status HOST` shows what is held there, `supervene plan` what is held here.\n' +
      'Another host is asked through etcd; where trust.mode is enforce, that is refused.',
    options: [json],
    scopes: ['etcd', 'journal'],
    exits: [[0, 'confirmed'], [1, 'no agent runs there, or it refuses'], usedWrongly],
    examples: [
      ['supervene confirm', 'yes, they are all to go from here'],
      ['supervene confirm web2', 'from there too'],
    ],
    load: async () => (await import('../confirm.ts')).runConfirm,
  },
  {
    name: 'ps',
    args: [['[APP]', 'only of this app, or of this group of supervisord']],
    summary: 'every process of the fleet',
    description:
      'Host, process, state, pid and for how long, as the agents report them; what has failed first.\n' +
      'Also what supervisord runs beside the apps, which supervene does not touch.',
    options: [['--host <HOST,...>', 'only of these hosts; several by commas'], json],
    scopes: ['etcd'],
    exits: [
      [0, 'shown, whatever states there are'],
      [1, 'there is no such app or host, or etcd is not reachable'],
      usedWrongly,
    ],
    examples: [
      ['supervene ps', 'as a table'],
      ['supervene ps web --host web1', 'one app on one host'],
      ['supervene ps --json | jq \'.processes[] | select(.state == "FATAL")\'', 'for scripts'],
    ],
    load: async () => (await import('./ps.ts')).runPs,
  },
  control(
    'start',
    'start an app that somebody stopped',
    'Starts what is stopped, and lets it run from then on: what a stop holds is released.',
    async () => (await import('./control.ts')).runStart,
  ),
  control(
    'stop',
    'stop an app until somebody starts it',
    'Stops it, and keeps it stopped through new content and restarts of supervisord, until somebody\n' +
      'starts it again (see reconcile.operatorStops).',
    async () => (await import('./control.ts')).runStop,
  ),
  control(
    'restart',
    'stop an app and start it again',
    'Stops it, waits until it has ended, starts it and waits until it runs.',
    async () => (await import('./control.ts')).runRestart,
  ),
  {
    name: 'logs',
    args: [app],
    summary: 'what a process has written',
    description:
      'The last lines of the log of a process. Of this host by way of its agent; of another one by\n' +
      "the HTTP of that host's agent, which shows logs only where it asks for a token, since logs may\n" +
      'hold secrets. What goes to /dev/stdout of supervisord is kept by nobody: set stdout_logfile.\n' +
      'On a terminal control characters are written out; elsewhere the bytes come as they are.',
    options: [
      ['--host <HOST>', 'of that host; needed when several have the app, and this one has not'],
      process,
      ['--stderr', 'what it wrote to standard error'],
      ['--lines <N>', 'so many, 100 by default'],
      ['-f, --follow', 'and what is written from now on, through rotations; Ctrl-C ends it'],
      ['--token-file <FILE>', "with the token of that host's agent; by default http.tokenFile"],
    ],
    scopes: ['etcd', 'journal'],
    exits: [
      [0, 'shown'],
      [1, 'there is no such log, or it may not be shown; the remedy is said'],
      usedWrongly,
    ],
    examples: [
      ['supervene logs web', 'here, or where it runs if that is one host'],
      ['supervene logs web --host web2 -f --stderr', 'what goes wrong there now'],
      ['supervene logs web --host web2 --lines 100000 > web.log', 'to look at it elsewhere'],
    ],
    load: async () => (await import('./logs.ts')).runLogs,
  },
];
