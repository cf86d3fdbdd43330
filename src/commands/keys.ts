/** `supervene keys`: makes keys, shows them, and adds a signature to what stands in etcd. */
import { basename, resolve } from 'node:path';
import { generateKeyFiles, readSigningKey } from '../clients/signingKeys.ts';
import { publicKeyOf } from '../clients/ed25519.ts';
import { keyFileSizeMax, parseKeyFile } from '../domain/trust/keyFile.ts';
import type { CommandInput, CommandRun } from './command.ts';
import { exitDone, fail, misuse, writeJson } from './commandIo.ts';
import { runKeysSign } from './keysSign.ts';

export const runKeys: CommandRun = async (input) => {
  const [action = ''] = input.args;
  switch (action) {
    case 'generate':
      return generate(input);
    case 'show':
      return show(input);
    case 'sign':
      return runKeysSign(input);
    default: {
      const message = `keys ${JSON.stringify(action)}: there is generate, show and sign`;
      return misuse(input.io, { message });
    }
  }
};

function generate({ io, args, options }: CommandInput): number {
  if (args.length > 1)
    return misuse(io, { message: 'keys generate takes no more words: --out FILE' });
  const path = resolve(io.workingDir, options.text('out') ?? 'supervene.key');
  const name = options.text('name') ?? basename(path).replace(/\.key$/, '');
  if (!/^\S{1,63}$/.test(name)) {
    return misuse(io, { message: `--name: ${JSON.stringify(name)} has blanks, or is too long` });
  }
  const made = generateKeyFiles(path, name);
  const isJson = options.has('json');
  if (!made.ok) return fail(io, isJson, { message: made.error });
  const { id, privatePath, publicPath } = made.value;
  if (isJson) writeJson(io, { id, name, privateKey: privatePath, publicKey: publicPath });
  else {
    io.writeOut(
      `key ${id} (${name})\n` +
        `private  ${privatePath}: keep it where nobody else can read it\n` +
        `public   ${publicPath}: copy it to trust.d on the hosts, with a line \`apps = …\`\n`,
    );
  }
  return exitDone;
}

/** Of a public key file, or of a private one. */
async function show({ io, args, options }: CommandInput): Promise<number> {
  const [, path] = args;
  if (path === undefined) return misuse(io, { message: 'keys show: name the file of a key' });
  const isJson = options.has('json');
  const bytes = await io.readInput(path, keyFileSizeMax);
  if (!bytes.ok) return fail(io, isJson, { message: bytes.error });
  const text = Buffer.from(bytes.value).toString('utf8');
  if (text.includes('-----BEGIN')) {
    const key = readSigningKey(resolve(io.workingDir, path));
    if (!key.ok) return fail(io, isJson, { message: key.error });
    const { id, publicKey } = key.value;
    if (isJson) writeJson(io, { id, isPrivate: true, publicKey });
    else io.writeOut(`key      ${id}\nprivate  yes\npublic   ed25519 ${publicKey}\n`);
    return exitDone;
  }
  const parsed = parseKeyFile(text);
  if (!parsed.ok) return fail(io, isJson, { message: `${path}: ${parsed.error}` });
  const { key, name, apps } = parsed.value;
  const { id } = publicKeyOf(key);
  if (isJson) writeJson(io, { id, isPrivate: false, name, apps, publicKey: key });
  else io.writeOut(`key      ${id}\nname     ${name}\napps     ${apps.join(', ') || '(none)'}\n`);
  return exitDone;
}
