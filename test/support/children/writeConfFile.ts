/** `writeConfFile.ts CONF_DIR APP BODY`: writes one file as the agent does, prints the outcome. */
import { createConfFiles } from '../../../effects/confFiles.ts';
import { writeStep } from '../confStep.ts';

const [confDir = '', app = '', body = ''] = process.argv.slice(2);
const confFiles = createConfFiles({ confDir, mode: 0o600, uid: undefined, gid: undefined });
process.stdout.write(`${JSON.stringify(await confFiles.writeAll([writeStep(app, body)]))}\n`);
