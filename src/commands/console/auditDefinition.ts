/** `supervene audit`, with its help. */
import type { CommandDefinition } from '../command.ts';

export const auditDefinition: CommandDefinition = {
  name: 'audit',
  args: [
    ['<WHAT>', 'verify: whether the trail is whole; export: all of it, a line for each entry'],
  ],
  summary: 'the trail of what was done through consoles',
  description:
    'Everything that is done through a console stands in etcd below FLEET-PREFIX/audit: who, when,\n' +
    'from where, what before and after, and what came of it. Each entry holds the hash of the one\n' +
    'before, so that verify finds one that was changed, taken out, put in or moved. Whoever may write\n' +
    'all of it can write another trail that is whole: keep what verify prints elsewhere, and give it\n' +
    'with --expect. export prints what stands there as JSON Lines, broken or not.',
  options: [
    ['--expect <SEQ:HASH>', 'verify: this entry must have this hash, as verify printed it'],
    ['--json', 'verify: one JSON document on standard output'],
  ],
  scopes: ['etcd'],
  exits: [
    [0, 'it is whole; exported'],
    [1, 'it is not whole, or etcd is not reachable'],
    [2, 'used wrongly'],
  ],
  examples: [
    ['supervene audit verify', 'and the last hash'],
    ['supervene audit verify --expect 1041:6b5c…', 'nothing before was written anew either'],
    ['supervene audit export > audit.jsonl', 'to keep it elsewhere'],
    ['supervene audit export | jq \'select(.user == "ben")\'', 'what one person did'],
  ],
  load: async () => (await import('./audit.ts')).runAudit,
};
