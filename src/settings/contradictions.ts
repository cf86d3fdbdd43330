/** Settings that are each well-formed but make no sense together. */
import { basename, dirname } from 'node:path';
import { formatListen, isLocal } from './listenAddress.ts';
import { hostId } from './settingTypes.ts';
import type { Settings } from './settings.ts';
import type { SettingsError } from './sources.ts';

export function contradictions(settings: Settings): SettingsError[] {
  return [
    ...loginErrors('etcd', settings.etcd),
    ...loginErrors('supervisor', settings.supervisor),
    ...tlsErrors(settings),
    ...prefixErrors(settings),
    ...waitErrors(settings),
    ...hostErrors(settings),
    ...listenErrors(settings),
    ...templateErrors(settings),
  ];
}

interface Login {
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
}

function loginErrors(who: 'etcd' | 'supervisor', login: Login): SettingsError[] {
  if ((login.username === undefined) === (login.passwordFile === undefined)) return [];
  const missing = login.username === undefined ? 'username' : 'passwordFile';
  const given = login.username === undefined ? 'passwordFile' : 'username';
  return [
    {
      source: `${who}.${given}`,
      message: `is given without ${who}.${missing}`,
      remedy: `give ${who}.${missing} too, or neither`,
    },
  ];
}

function tlsErrors({ etcd }: Settings): SettingsError[] {
  const errors: SettingsError[] = [];
  const secure = etcd.endpoints.filter((endpoint) => endpoint.startsWith('https:')).length;
  if (secure > 0 && secure < etcd.endpoints.length) {
    const message = 'mixes http:// and https:// servers';
    errors.push({ source: 'etcd.endpoints', message, remedy: 'use https:// for all of them' });
  }
  if (secure === 0 && [etcd.ca, etcd.cert, etcd.key].some((file) => file !== undefined)) {
    const message = 'are http:// servers, but a certificate is given';
    const remedy = 'write https://, or leave etcd.ca, etcd.cert and etcd.key out';
    errors.push({ source: 'etcd.endpoints', message, remedy });
  }
  if ((etcd.cert === undefined) !== (etcd.key === undefined)) {
    const [given, missing] = etcd.cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
    const message = `is given without etcd.${missing}`;
    errors.push({ source: `etcd.${given}`, message, remedy: `give etcd.${missing} too` });
  }
  return errors;
}

function prefixErrors({ etcd }: Settings): SettingsError[] {
  const [apps, fleet] = [`${etcd.prefix}/`, `${etcd.fleetPrefix}/`];
  if (!apps.startsWith(fleet) && !fleet.startsWith(apps)) return [];
  return [
    {
      source: 'etcd.fleetPrefix',
      message: `${etcd.fleetPrefix} and etcd.prefix ${etcd.prefix} lie within one another`,
      remedy: 'keep the two apart, as /services/apps and /services/fleet are',
    },
  ];
}

function waitErrors({ reconcile }: Settings): SettingsError[] {
  if (reconcile.quietMs <= reconcile.maxWaitMs) return [];
  const message = 'is longer than reconcile.maxWait';
  const remedy = 'make it shorter, or reconcile.maxWait longer';
  return [{ source: 'reconcile.quiet', message, remedy }];
}

function hostErrors({ host }: Settings): SettingsError[] {
  if (hostId.parse(host.id, '/').ok) return [];
  const message = `the machine's host name ${JSON.stringify(host.id)} cannot be used`;
  return [{ source: 'host.id', message, remedy: 'name this host with --host' }];
}

function listenErrors({ http }: Settings): SettingsError[] {
  const { listen, tokenFile } = http;
  if (listen === undefined || tokenFile !== undefined || isLocal(listen)) return [];
  const message = `${formatListen(listen)} can be reached from other machines, and asks for no token`;
  const remedy =
    'listen on 127.0.0.1 or on unix:///run/supervene/http.sock, or name a file with a token in it: ' +
    'http.tokenFile (--listen-token-file)';
  return [{ source: 'http.listen', message, remedy }];
}

/** What leads there by a link is refused when the file is made. */
function templateErrors({ templates, configPath, files }: Settings): SettingsError[] {
  const whose = (dest: string): string | undefined => {
    if (dest === configPath) return 'is the file of settings itself';
    const isOfApp = dirname(dest) === files.dir && basename(dest).endsWith('.supervene.conf');
    return isOfApp ? `is in ${files.dir}, where files of that name are those of apps` : undefined;
  };
  return templates.flatMap(({ dest }) => {
    const why = whose(dest);
    const remedy = 'write the text to another file';
    return why === undefined
      ? []
      : [{ source: 'template.dest', message: `${dest} ${why}`, remedy }];
  });
}
