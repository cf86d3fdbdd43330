/**
 * Hosts that render templates, for a test, each the built agent with a supervene.toml of its own, no
 * supervisord, and two hosts beside it, web1 and web2, that run demo as far as etcd is told by hand.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, startAgent } from './agent.ts';
import { type Etcd, startEtcd } from './etcd.ts';
import { createTempDir } from './tempDir.ts';
import { waitFor } from './waitFor.ts';

/** Paths are below the folder of the host. */
export interface TemplateWords {
  readonly text: string;
  readonly dest: string;
  /** Shell scripts; `$1` is the staged file for `check`, and the file itself for `reload`. */
  readonly check?: string;
  readonly reload?: string;
  readonly more?: string;
}

export interface TemplateHost {
  readonly dir: string;
  readonly agent: Agent;
  readonly path: (name: string) => string;
  /** Undefined when there is none. */
  readonly read: (name: string) => string | undefined;
  readonly lines: (name: string) => readonly string[];
  readonly waitForText: (name: string, text: string) => Promise<void>;
  readonly facts: () => Promise<readonly TemplateView[]>;
  readonly place: (app: string, ips: string) => Promise<string>;
  readonly report: (
    host: string,
    address: string,
    states: Readonly<Record<string, string>>,
  ) => Promise<void>;
  /** As when its lease is gone: what is known of it stays. */
  readonly lose: (host: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface TemplateView {
  readonly dest: string;
  readonly isDone: boolean;
  readonly isReloadOwed: boolean;
  readonly fault?: { readonly at: string; readonly detail: string };
  readonly writes: number;
  readonly reloads: number;
  readonly failures: Readonly<Record<string, number>>;
}

/** One address on each line. */
export const listOf = (app: string): string =>
  `{% for one in app.${app}.available %}{{ one.address }}\n{% endfor %}`;

/** What runs demo before anything is changed, as that lists it. */
export const both = '10.0.0.1\n10.0.0.2\n';

/** Those of one test file, beside one etcd. */
export interface TemplateHosts {
  readonly etcd: Etcd;
  /** With an etcd of its own where one is given. */
  readonly begin: (templates: readonly TemplateWords[], own?: Etcd) => Promise<TemplateHost>;
  /** Stops all that were begun; more may be. */
  readonly end: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startTemplateHosts(): Promise<TemplateHosts> {
  const etcd = await startEtcd();
  const hosts: TemplateHost[] = [];
  return {
    etcd,
    begin: async (templates, own = etcd) => {
      const host = await startTemplateHost(own, templates);
      hosts.push(host);
      return host;
    },
    end: async () => {
      for (const host of hosts.splice(0)) await host.stop();
    },
    stop: etcd.stop,
  };
}

let count = 0;

async function startTemplateHost(
  etcd: Etcd,
  templates: readonly TemplateWords[],
): Promise<TemplateHost> {
  const temp = await createTempDir('templates');
  const dir = temp.path;
  count += 1;
  const [apps, fleet] = [`/t${String(count)}/apps`, `/t${String(count)}/fleet`];
  const path = (name: string): string => join(dir, name);
  mkdirSync(path('conf.d'));
  mkdirSync(path('out'));
  writeFileSync(path('supervisord.conf'), '[supervisord]\n');
  writeFileSync(
    path('supervene.toml'),
    templates.map((words, n) => tableOf(words, n, path)).join('\n'),
  );
  const told = createTold(etcd, apps, fleet);
  // Before it starts: what it makes first is what it makes of all of this.
  await told.place('demo', '10.0.0.1,10.0.0.2');
  await told.report('web1', '10.0.0.1', { demo: 'RUNNING' });
  await told.report('web2', '10.0.0.2', { demo: 'RUNNING' });
  const agent = await startAgent({
    etcdEndpoint: etcd.endpoint,
    host: 'proxy',
    addresses: ['10.0.0.9'],
    supervisord: {
      url: `unix://${path('none.sock')}`,
      configPath: path('supervisord.conf'),
      confDir: path('conf.d'),
    },
    journalDir: path('journal'),
    environment: {
      SUPERVENE_CONFIG: path('supervene.toml'),
      SUPERVENE_PREFIX: apps,
      SUPERVENE_FLEET_PREFIX: fleet,
      SUPERVENE_FLEET_REQUESTS: 'off',
    },
  });
  const read = (name: string): string | undefined =>
    existsSync(path(name)) ? readFileSync(path(name), 'utf8') : undefined;
  return {
    ...{ dir, agent, path, read },
    lines: (name) => (read(name) ?? '').split('\n').filter((line) => line !== ''),
    waitForText: async (name, text) => {
      await waitFor(`${name} to be ${JSON.stringify(text)}`, () => {
        const now = read(name);
        if (now !== text)
          throw new Error(`it is ${JSON.stringify(now)}; ${agent.output().slice(-1500)}`);
        return true;
      });
    },
    facts: async () => {
      const state = (await agent.state()) as {
        readonly templates: { readonly templates: readonly TemplateView[] };
      };
      return state.templates.templates;
    },
    ...told,
    stop: async () => {
      await agent.stop();
      await temp.remove();
    },
  };
}

/** What the rest of the fleet would have written. */
function createTold(etcd: Etcd, apps: string, fleet: string) {
  const leases = new Map<string, string>();
  return {
    place: (app: string, ips: string) =>
      etcd.txn({ [`${apps}/${app}/ips`]: ips, [`${apps}/${app}/content`]: 'command=/bin/cat\n' }),
    report: async (host: string, address: string, states: Readonly<Record<string, string>>) => {
      const id =
        leases.get(host) ?? String((await etcd.call('/v3/lease/grant', { TTL: 600 }))['ID']);
      leases.set(host, id);
      const head = JSON.stringify(reportOf(host, address, states));
      const value = Buffer.from(head).toString('base64');
      const key = (kind: string): string =>
        Buffer.from(`${fleet}/${kind}/${host}`).toString('base64');
      await etcd.call('/v3/kv/put', { key: key('hosts'), value, lease: id });
      await etcd.call('/v3/kv/put', { key: key('known'), value });
    },
    lose: async (host: string) => {
      await etcd.call('/v3/lease/revoke', { ID: leases.get(host) });
      leases.delete(host);
    },
  };
}

function tableOf(
  { text, dest, check, reload, more = '' }: TemplateWords,
  index: number,
  path: (name: string) => string,
): string {
  const src = path(`t${String(index)}.liquid`);
  writeFileSync(src, text);
  const hook = (name: string, script: string | undefined, mark: string): string => {
    if (script === undefined) return '';
    const file = path(`${name}${String(index)}.sh`);
    writeFileSync(file, `#!/bin/sh\ncd '${path('.')}' || exit 9\n${script}\n`);
    chmodSync(file, 0o755);
    return `${name} = "'${file}' ${mark}"\n`;
  };
  const hooks = `${hook('check', check, '{staged}')}${hook('reload', reload, '{dest}')}`;
  return `[[template]]\nsrc = "${src}"\ndest = "${path(dest)}"\n${hooks}${more}\n`;
}

function reportOf(host: string, address: string, states: Readonly<Record<string, string>>) {
  const apps = Object.entries(states).map(([app, state]) => ({
    ...{ app, condition: 'converged', sinceMs: 1 },
    processes: [{ id: `${app}:${app}`, state, pid: 1, startSec: 1 }],
  }));
  return { format: 1, host, instance: 'i', addresses: [address], hostNames: [], apps };
}

/** Pids of the processes that have this text in their command line. */
export function pidsWith(text: string): readonly string[] {
  const out = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' });
  return out.split('\n').filter((line) => line.includes(text) && !line.includes('ps -eo'));
}
