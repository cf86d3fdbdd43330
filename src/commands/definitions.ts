/** Every command there is, with its help. Loads none of them. */
import type { CommandDefinition } from './command.ts';
import type { SettingScope } from '../settings/setting.ts';
import { adoptDefinition } from './adopt/adoptDefinition.ts';
import { recordOptions, rolloutOptions, signingOptions, waitOption } from './changeOptions.ts';
import { auditDefinition } from './console/auditDefinition.ts';
import { consoleDefinition } from './console/consoleDefinition.ts';
import { requestDefinitions } from './fleet/requestDefinitions.ts';
import { statusDefinitions } from './fleet/statusDefinitions.ts';
import { historyDefinition, rollbackDefinition } from './history/historyDefinitions.ts';
import { keysDefinition } from './keysDefinition.ts';
import { rolloutDefinition } from './rollout/rolloutDefinition.ts';
import { applyDefinition, exportDefinition } from './repository/repositoryDefinitions.ts';
import { replayDefinition, simulateDefinition } from './replayDefinitions.ts';

const json = ['--json', 'one JSON document on standard output'] as const;
const allowUnknown = [
  '--allow-unknown',
  'let options pass that supervisor does not know (a warning remains)',
] as const;
const usedWrongly = [2, 'used wrongly'] as const;
const everyScope: readonly SettingScope[] = ['etcd', 'host', 'journal', 'agent', 'trust'];
const app = ['<APP>', 'name of the app: letters, digits, dot, dash, underscore'] as const;

export const definitions: readonly CommandDefinition[] = [
  {
    name: 'agent',
    args: [],
    summary: 'the daemon of this host, in the foreground',
    description:
      'Follows etcd and keeps the processes of this host equal to it, through supervisord.\n' +
      'SIGTERM and SIGINT end it within 5 s; the processes go on running.',
    options: [],
    scopes: everyScope,
    exits: [[0, 'ended by a signal'], [1, 'could not start; another agent runs here'], usedWrongly],
    examples: [
      ['supervene agent', 'with /etc/supervene/supervene.toml or the defaults'],
      ['supervene agent --etcd http://10.0.0.1:2379,http://10.0.0.2:2379', 'two etcd servers'],
      ['supervene doctor', 'find out beforehand what is missing'],
    ],
    load: async () => (await import('./agent.ts')).runAgentCommand,
  },
  {
    name: 'publish',
    args: [app],
    summary: 'write an app and its placement',
    description:
      'Validates, shows what changes, and writes its keys in one transaction, which fails when\n' +
      'somebody else changed the app meanwhile. Without --file the content stays as it is,\n' +
      'without --hosts the placement. How it goes through its hosts is kept with the app: what\n' +
      'is not named stays as it is.',
    options: [
      [
        '--hosts <LIST>',
        'where it runs: addresses, blocks like 10.0.0.0/8, host names, *\n' +
          'for every host; ! in front excludes; separated by commas',
      ],
      ['--file <FILE>', 'body of its [program:APP] section; - for standard input'],
      ...rolloutOptions,
      ['--dry-run', 'show what would change, write nothing'],
      allowUnknown,
      waitOption,
      ...recordOptions,
      ...signingOptions,
      json,
    ],
    scopes: ['etcd', 'trust'],
    exits: [
      [0, 'published, or nothing to change'],
      [1, 'refused, not reachable, or changed meanwhile by somebody'],
      usedWrongly,
      [3, '--dry-run: there are differences; --wait: it does not run everywhere'],
    ],
    examples: [
      ['supervene publish web --hosts 10.0.0.11,10.0.0.12 --file web.conf', 'on two hosts'],
      ['supervene publish web --file web.conf --wait=120', 'and back when it runs everywhere'],
      ["supervene publish web --hosts '*,!10.0.0.13'", 'same content, everywhere but there'],
      ['supervene publish web --file web.conf --max-unavailable 1 --wait', 'host after host'],
      ['sed s/v1/v2/ web.conf | supervene publish web --file - --dry-run', 'look first'],
    ],
    load: async () => (await import('./publish.ts')).runPublish,
  },
  {
    name: 'unpublish',
    args: [app],
    summary: 'remove an app from every host',
    description:
      'Removes its keys in one transaction. Every host then stops the app. Signed, it leaves a\n' +
      'signature of the removal behind, without which hosts that enforce signatures do nothing.',
    options: [waitOption, ...recordOptions, ...signingOptions, json],
    scopes: ['etcd', 'trust'],
    exits: [
      [0, 'removed'],
      [1, 'there is no such app, or etcd is not reachable'],
      usedWrongly,
      [3, '--wait: some host has not let go of it'],
    ],
    examples: [
      ['supervene unpublish web', 'web stops everywhere'],
      ['supervene unpublish web --wait', 'and back when it has'],
    ],
    load: async () => (await import('./unpublish.ts')).runUnpublish,
  },
  {
    name: 'apps',
    args: [],
    summary: 'list the apps in etcd',
    description:
      'Every app with its placement, whether it is placed on this host, its revision, and what is\n' +
      'wrong with it, if anything is. Where an agent runs, also what this host has against it.',
    options: [['--all', 'also those of which only the signature of the removal is left'], json],
    scopes: ['etcd', 'host', 'journal'],
    exits: [
      [0, 'listed; an app with a fault does not change that'],
      [1, 'etcd is not reachable'],
      usedWrongly,
    ],
    examples: [
      ['supervene apps', 'as a table'],
      ["supervene apps --json | jq '.apps[] | select(.code != null)'", 'those with a fault'],
    ],
    load: async () => (await import('./apps.ts')).runApps,
  },
  {
    name: 'show',
    args: [app],
    summary: 'show one app as etcd has it',
    description: 'Placement, revisions, who signed it, faults and the decoded content.',
    options: [['--raw', 'exactly the decoded content and nothing else'], json],
    scopes: ['etcd', 'host', 'journal', 'trust'],
    exits: [
      [0, 'shown'],
      [1, 'there is no such app, --raw and it cannot be decoded, or etcd is not reachable'],
      usedWrongly,
    ],
    examples: [
      ['supervene show web', 'everything about it'],
      ['supervene show web --raw > web.conf', 'to change it and publish it again'],
    ],
    load: async () => (await import('./show.ts')).runShow,
  },
  ...statusDefinitions,
  rolloutDefinition,
  historyDefinition,
  rollbackDefinition,
  applyDefinition,
  exportDefinition,
  keysDefinition,
  {
    name: 'validate',
    args: [['<FILE...>', 'bodies of [program:x] sections, or rollouts; - for standard input']],
    summary: 'check content, offline',
    description:
      'The rules that publish applies, and the agent. One line for each fault:\n' +
      'FILE:LINE: CODE message. The app is taken to be called like the file. APP.rollout, and a file\n' +
      'called rollout, is how an app goes through its hosts.',
    options: [
      allowUnknown,
      [
        '--policy',
        'also the policy of this host; what only the host knows, links, owners and modes,\n' +
          'is not asked',
      ],
      ['--config <PATH>', 'the policy of the host whose supervene.toml this is, instead'],
      json,
    ],
    scopes: [],
    exits: [
      [0, 'nothing to refuse; there may be warnings'],
      [1, 'something is refused, or a file cannot be read'],
      [2, 'used wrongly; --policy, --config: the settings have faults'],
    ],
    examples: [
      ['supervene validate web.conf', 'one file'],
      ['supervene validate apps/*.conf', 'all of them, in a commit hook'],
      ['supervene validate --policy web.conf', 'by the policy of this host too'],
      ['supervene validate --config web1.toml web.conf', 'by the policy of web1 too'],
    ],
    load: async () => (await import('./validate.ts')).runValidate,
  },
  {
    name: 'plan',
    args: [],
    summary: 'what the agent of this host would do now',
    description: 'With differences and reasons. Touches nothing.',
    options: [json],
    scopes: everyScope,
    exits: [
      [0, 'nothing to do'],
      [1, 'could not find out'],
      usedWrongly,
      [3, 'there is something to do'],
    ],
    examples: [['supervene plan', 'before the agent is started for the first time']],
    load: async () => (await import('./plan.ts')).runPlanCommand,
  },
  ...requestDefinitions,
  consoleDefinition,
  auditDefinition,
  adoptDefinition,
  replayDefinition,
  simulateDefinition,
  {
    name: 'doctor',
    args: [],
    summary: 'check everything the agent needs on this host',
    description: 'Each line ok, problem or warning, and what to do. Changes nothing.',
    options: [json],
    scopes: everyScope,
    exits: [[0, 'no problems'], [1, 'problems'], usedWrongly],
    examples: [['supervene doctor', 'with the settings the agent will have']],
    load: async () => (await import('./doctor.ts')).runDoctor,
  },
];
