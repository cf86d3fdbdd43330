/** `supervene keys`, with its help. */
import type { CommandDefinition } from './command.ts';

export const keysDefinition: CommandDefinition = {
  name: 'keys',
  args: [
    ['<ACTION>', 'generate, show or sign'],
    ['[TARGET]', 'show: the file of a key; sign: the name of an app'],
  ],
  summary: 'make and show keys, and sign with them',
  description:
    'generate makes a pair of ed25519 keys: the private one in FILE, with mode 0600, and the public\n' +
    'one beside it as FILE.pub (or with .key replaced), for trust.d on the hosts. Nothing is written\n' +
    'over. show tells what is in the file of a key. sign adds a signature to what stands in etcd,\n' +
    'after showing what that is: where a host asks for several (trust.threshold). Without --sign it\n' +
    'only shows. Publishing with a signature is `supervene publish --sign`.',
  options: [
    ['--out <FILE>', 'generate: where the private key goes, supervene.key by default'],
    ['--name <NAME>', 'generate: what people call it; the name of the file by default'],
    ['--sign <KEYFILE...>', 'sign: with this private key; may be repeated'],
    [
      '--statement <SHA256>',
      'sign: only if this is still what stands there; at least the first\n' +
        '16 digits of what sign shows',
    ],
    ['--json', 'one JSON document on standard output'],
  ],
  scopes: ['etcd', 'trust'],
  exits: [
    [0, 'done'],
    [1, 'a file is there already or cannot be read; nothing to sign; etcd is not reachable'],
    [2, 'used wrongly'],
  ],
  examples: [
    ['supervene keys generate --out release.key', 'release.key and release.pub'],
    ['supervene keys show /etc/supervene/trust.d/release.pub', 'its id, its name, its apps'],
    ['supervene keys sign web', 'what would be signed'],
    ['supervene keys sign web --sign second.key', 'the second of two signatures'],
  ],
  load: async () => (await import('./keys.ts')).runKeys,
};
