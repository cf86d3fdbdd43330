/** The files of the cluster's hosts: those of deploy/, which the compose file uses too. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { configPath } from './managedHost.ts';
import { hostPath } from './namespaces.ts';

/** Supervisor's own web page and XML-RPC, as `svadm.website1.com` shows them. */
export const webLogin = 'operator:open-sesame';

const [username = '', password = ''] = webLogin.split(':');
const deployed = (path: string): string =>
  readFileSync(join(findProjectRoot(), 'deploy', path), 'utf8');

export const webFiles: Readonly<Record<string, string>> = {
  [configPath]:
    withPath(deployed('supervisor/web.conf')) +
    `\n[inet_http_server]\nport=*:9001\nusername=${username}\npassword=${password}\n`,
};

export const proxyFiles: Readonly<Record<string, string>> = {
  [configPath]: withPath(deployed('supervisor/proxy.conf')),
  '/etc/nginx/live/nginx.conf': deployed('nginx/nginx.conf'),
  // Here it is root who runs them all.
  '/etc/supervene/supervene.toml': deployed('nginx/supervene.toml').replace(/^owner = .*\n/m, ''),
};

/** The settings of the console, as docker-compose.yml has them for the entry. */
export const proxyEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  [...composed().matchAll(/^ +(SUPERVENE_CONSOLE_\w+): '?([^'\n]+)'?$/gm)].map(
    ([, name = '', value = '']) => [name, value.replaceAll('${HTTP_PORT:-80}', '80')],
  ),
);

function composed(): string {
  return readFileSync(join(findProjectRoot(), 'docker-compose.yml'), 'utf8');
}

/** Node is where this machine has it, and programs find it. */
function withPath(text: string): string {
  return text.replace('[supervisord]\n', `[supervisord]\nenvironment=PATH="${hostPath}"\n`);
}
