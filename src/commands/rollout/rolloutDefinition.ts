/** `supervene rollout`, with its help. */
import type { CommandDefinition } from '../command.ts';

export const rolloutDefinition: CommandDefinition = {
  name: 'rollout',
  args: [
    ['[WHAT]', 'an app, to see how far it is; or halt, or resume'],
    ['[APP]', 'halt, resume: the name of the app'],
  ],
  summary: 'which apps go through their hosts a few at a time, and how far they are',
  description:
    'Of apps published with --max-unavailable: how many hosts have the new content, whose turn it is\n' +
    'and since when, who waits, and what was halted by whom and why. A host on which the new content\n' +
    'does not run halts the rollout; so does halt: that content goes to no further host, those that\n' +
    'have it keep it, and a host in its turn finishes it. Another publish is not halted by that.\n' +
    'resume lets it go on, and frees turns that hosts were lost in.',
  options: [
    ['-m, --message <TEXT>', 'halt: why, for those who look'],
    ['--json', 'one JSON document on standard output'],
  ],
  scopes: ['etcd'],
  exits: [
    [0, 'nothing is under way; halt, resume: done'],
    [1, 'there is no such app, it changes on all hosts at once, or etcd is not reachable'],
    [2, 'used wrongly'],
    [3, 'something is under way, or halted'],
  ],
  examples: [
    ['supervene rollout', 'is anything under way?'],
    ['supervene rollout web', 'how far is web, and who waits for whom?'],
    ["supervene rollout halt web -m 'v2 answers slowly'", 'no further host gets it'],
    ['supervene rollout resume web', 'after that was looked at'],
  ],
  load: async () => (await import('./rollout.ts')).runRollout,
};
