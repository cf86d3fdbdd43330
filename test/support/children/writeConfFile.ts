/**
 * `writeConfFile.ts CONF_DIR APP BODY [NONCE]`: writes one file as the agent does, prints the
 * outcome. With NONCE the name of its temporary file is known beforehand.
 */
import { createConfFiles } from '../../../effects/confFiles.ts';
import { nodeFileDeps } from '../../../src/clients/fileSystem.ts';
import { writeStep } from '../confStep.ts';

const [confDir = '', app = '', body = '', nonce] = process.argv.slice(2);
const confFiles = createConfFiles(
  { confDir, mode: 0o600, uid: undefined, gid: undefined },
  nonce === undefined ? nodeFileDeps : { ...nodeFileDeps, nonce: () => nonce },
);
process.stdout.write(`${JSON.stringify(await confFiles.writeAll([writeStep(app, body)]))}\n`);
