/**
 * `docker compose up`, and then what the seed's walk does and what breaks in a real cluster: one story,
 * in which each step begins where the one before has ended. Run by `npm run test:compose`.
 */
import { chmod, chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditDocument } from '../../../src/domain/console/api.ts';
import type { FleetSnapshot } from '../../../src/domain/console/live.ts';
import { type ConsoleClient, openClient } from '../../support/consoleHost.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { waitFor } from '../../support/waitFor.ts';
import { makeBaseImages } from './baseImages.ts';
import {
  type Cluster,
  createCluster,
  type Service,
  services,
  startLoad,
  webHosts,
  writeBuildOverride,
} from './cluster.ts';
import { type Engine, startEngine } from './engine.ts';

const demo = 'demo.website1.com';
const prefix = '/services/apps/demo1';
const addresses = ['172.16.238.11', '172.16.238.12', '172.16.238.13'];
const content = await readFile(join(findProjectRoot(), 'deploy/demo1.conf'));
const password = 'a password of the test';

let folder: string;
let engine: Engine;
let cluster: Cluster;

const measured: string[] = [];
/** Told at the end. */
async function measure<T>(what: string, act: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await act();
  measured.push(`${what}: ${((performance.now() - start) / 1_000).toFixed(1)} s`);
  return result;
}

beforeAll(async () => {
  const given = process.env['SUPERVENE_COMPOSE_FOLDER'];
  if (given === undefined) throw new Error('this is run by npm run test:compose');
  folder = given;
  engine = await startEngine(folder, 'machine');
  const building = createCluster(engine, [await writeBuildOverride(folder)]);
  // Where the folder was kept: what an earlier run has left.
  await building.compose(['down', '--volumes']);
  if (process.env['SUPERVENE_COMPOSE_PULL'] !== '1') {
    await measure('stand-ins for the base images', async () => makeBaseImages(engine, folder));
  }
  await measure('docker compose build', async () =>
    building.compose(['build'], { timeoutMs: 1_000_000 }),
  );
  for (const name of ['supervene-etcd', 'supervene-web', 'supervene-proxy']) {
    const bytes = await engine.docker(['inspect', '--format', '{{.Size}}', name]);
    measured.push(`image ${name}: ${(Number(bytes) / 1e6).toFixed(0)} MB`);
  }
  await engine.stop();
  engine = await startEngine(folder, 'own');
  cluster = createCluster(engine);
});

afterAll(async () => {
  await engine.stop();
  process.stdout.write(`\n${measured.join('\n')}\n`);
});

/** The hosts that answer through nginx, seen in some requests; sorted. */
async function hostsBehind(hostName = demo): Promise<readonly string[]> {
  const answers = await Promise.all(Array.from({ length: 12 }, async () => cluster.get(hostName)));
  const names = answers.map(({ body }) => /^demo1 on (\S+) at /.exec(body)?.[1] ?? body);
  return [...new Set(names)].sort();
}

async function whenBehind(...expected: readonly string[]): Promise<void> {
  const wanted = [...expected].sort().join();
  await waitFor(
    `${wanted} behind ${demo}`,
    async () => (await hostsBehind()).join() === wanted || Promise.reject(await hostsBehind()),
    { timeoutMs: 60_000, intervalMs: 100 },
  );
}

const patience = { timeoutMs: 60_000, intervalMs: 200 };
const monitorName = 'monitor.ui.com';
const editorName = 'admin.etcd.com';
let anna: ConsoleClient;

/** Like a browser that has been nowhere. */
function comeToConsole(name: string): Promise<ConsoleClient> {
  return openClient(`http://${name}`, cluster.send, {}, '');
}

async function logIn(): Promise<ConsoleClient> {
  const visitor = await comeToConsole(editorName);
  const reply = await visitor.ask('logIn', { body: { user: 'anna', password } });
  if (reply.status !== 200) throw new Error(`log-in: ${reply.text}`);
  return visitor;
}

/** Every app on every host is as wanted, by the word of the agents. */
async function whenConverged(): Promise<void> {
  await waitFor(
    'supervene status to show no difference',
    async () => {
      const { status, stdout } = await cluster.exec('web1-01', ['supervene', 'status']);
      return status === 0 || Promise.reject(new Error(stdout));
    },
    { timeoutMs: 90_000, intervalMs: 500 },
  );
}

/** What the site of one host says, asked in that host. */
async function sentenceOf(service: Service): Promise<string> {
  const script =
    "fetch('http://127.0.0.1:8088/').then((r) => r.text()).then((t) => console.log(t))";
  return (await cluster.exec(service, ['node', '-e', script])).stdout.trim();
}

describe.sequential('docker compose up', () => {
  it('brings every host up healthy, in order', async () => {
    await measure('docker compose up, until all are healthy', async () => {
      await cluster.compose(['up', '--detach', '--no-build']);
      await cluster.whenHealthy();
    });
  });

  it.each(services)('%s has no rights, and cannot change its own image', async (service) => {
    const status = await readFile(
      `/proc/${await cluster.inspect(service, '{{.State.Pid}}')}/status`,
      'utf8',
    );
    const of = (name: string): string =>
      new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
    expect(of('Uid')).toMatch(/^10001\t10001\t10001\t10001$/);
    expect(of('CapBnd')).toMatch(/^0+$/);
    expect(of('NoNewPrivs')).toBe('1');
    const touched = await cluster.exec(service, ['touch', '/usr/local/bin/x']);
    expect(touched.stderr).toMatch(/Read-only file system/);
  });

  it('has what the doctor wants', async () => {
    for (const service of ['nginx-proxy', ...webHosts] as const) {
      const { stdout, stderr } = await cluster.exec(service, ['supervene', 'doctor']);
      expect(`${stdout}${stderr}`).toMatch(/no problems/);
    }
  });

  it("answers 503 for the site, and says that supervisor's own pages are off", async () => {
    expect((await cluster.get(demo)).status).toBe(503);
    const own = await cluster.get('svadm.website1.com');
    expect(own).toMatchObject({ status: 503, body: expect.stringMatching(/are off/) as string });
  });
});

describe.sequential('the console', () => {
  it('is where the names of the old pages lead to', async () => {
    for (const [host, path, leadsTo] of [
      [monitorName, '/', undefined],
      [monitorName, '/control/stop/web1-01/demo1:demo1', '/fleet'],
      [monitorName, '/fleet', undefined],
      [editorName, '/', '/publish'],
      [editorName, '/etcdkeeper/', '/publish'],
      [editorName, '/publish', undefined],
    ] as const) {
      const reply = await cluster.send({ path, headers: { host, accept: 'text/html' } });
      expect([host, path, reply.status, reply.headers.location]).toEqual([
        ...[host, path, leadsTo === undefined ? 200 : 302, leadsTo],
      ]);
      if (leadsTo === undefined) expect(reply.text).toContain('<div id="page">');
    }
  });

  it('makes its first user by the token in the log of its container, and no other way', async () => {
    const said = await cluster.compose(['logs', '--no-color', 'nginx-proxy']);
    const token = /http:\/\/monitor\.ui\.com\/#set-up=(\S+)/.exec(said)?.[1] ?? '';
    const visitor = await comeToConsole(monitorName);
    expect(visitor.session.needsSetUp).toBe(true);
    const body = { user: 'anna', password };
    const guessed = await visitor.ask('setUp', { body: { ...body, token: 'guess' } });
    expect(guessed.status).toBe(403);
    expect((await visitor.ask('setUp', { body: { ...body, token } })).status).toBe(200);
    anna = await logIn();
    const { hosts } = await anna.call<FleetSnapshot>('fleet');
    expect(hosts.map(({ host }) => host).sort()).toEqual(['nginx-proxy', ...webHosts]);
  });

  it('takes nobody’s word for where he comes from', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const ben = await comeToConsole(monitorName);
    const failed = await ben.ask('logIn', { body: { user: 'ben', password }, headers });
    expect(failed.status).toBe(401);
    const { entries } = await anna.call<AuditDocument>('audit');
    // What comes from this machine comes from its end of the cluster's network.
    expect(entries.find(({ target }) => target === 'ben')?.from).toBe('172.16.238.1');
    expect(entries.find(({ target }) => target === 'anna')?.from).toBe('172.16.238.1');
  });

  it('pushes what changes, while the page is open', async () => {
    const { instance, version } = await anna.call<FleetSnapshot>('fleet');
    const path = `/api/live?instance=${instance}&after=${String(version)}`;
    const heard = cluster.hear(path, { host: editorName, cookie: anna.cookies() }, 'elsewhere');
    await cluster.etcdctl('put', '/services/apps/elsewhere/ips', 'nobody');
    expect(await heard).toBe(true);
    await cluster.etcdctl('del', '/services/apps/elsewhere/ips');
  });
});

describe.sequential("the seed's walk", () => {
  it('shows the site on three hosts when the two keys were put with etcdctl', async () => {
    await measure('from the second key to three hosts behind nginx', async () => {
      await cluster.etcdctl('put', `${prefix}/content`, content.toString('base64'));
      await cluster.etcdctl('put', `${prefix}/ips`, addresses.join());
      await whenBehind(...webHosts);
    });
    await whenConverged();
    const { body } = await cluster.get(demo);
    expect(body).toMatch(/^demo1 on (web1-0[123]) at 172\.16\.238\.1[123], process \d+\n$/);
  });

  it('is what supervisorctl and supervene status show', async () => {
    const { stdout } = await cluster.exec('web1-02', ['supervisorctl', 'status']);
    expect(stdout).toMatch(/^demo1 +RUNNING/);
    const { stdout: status } = await cluster.exec('web1-02', ['supervene', 'status', 'demo1']);
    for (const host of webHosts) expect(status).toContain(host);
  });

  it('is what the console shows', async () => {
    const wanted = webHosts.map((host) => `demo1 ${host} converged`).join();
    await waitFor('the console to show it', async () => {
      const { rows } = await anna.call<FleetSnapshot>('fleet');
      const shown = rows.map(({ app, host, condition }) => [app, host, condition].join(' '));
      return shown.sort().join() === wanted || Promise.reject(new Error(shown.join()));
    });
  });

  it('takes a host out that is dropped from ips, and no request is lost', async () => {
    const others = ['web1-01', 'web1-03'];
    const pids = await Promise.all([sentenceOf('web1-01'), sentenceOf('web1-03')]);
    const load = startLoad(cluster);
    await cluster.etcdctl('put', `${prefix}/ips`, [addresses[0], addresses[2]].join());
    await whenBehind(...others);
    await waitFor('the site to leave the host', async () => (await sentenceOf('web1-02')) === '');
    const { sent, failed } = await load.stop();
    measured.push(`a host dropped from ips: ${sent} requests sent, ${failed.length} lost`);
    expect(failed).toEqual([]);
    expect(await Promise.all([sentenceOf('web1-01'), sentenceOf('web1-03')])).toEqual(pids);
  });

  it('takes the host in again by supervene publish, from inside a host', async () => {
    const published = await cluster.exec('web1-01', [
      ...['supervene', 'publish', 'demo1', '--hosts', addresses.join()],
      ...['--file', '/project/demo1.conf', '--wait=60'],
    ]);
    expect(published.stderr + published.stdout).toMatch(/web1-02/);
    expect(published.status).toBe(0);
    await whenBehind(...webHosts);
  });

  it('gives new content to one host after the other, and no request is lost', async () => {
    const load = startLoad(cluster);
    const published = await cluster.exec(
      'web1-01',
      [
        ...['supervene', 'publish', 'demo1', '--file', '-', '--wait=150'],
        ...['--max-unavailable', '1', '--drain', '1s', '--healthcheck', 'http://127.0.0.1:8088/'],
      ],
      `${content.toString()}environment = DEMO_VERSION="2"\n`,
    );
    expect(`${published.stdout}${published.stderr}`).toMatch(/web1-03/);
    const { sent, failed } = await load.stop();
    measured.push(`a rolling publish: ${sent} requests sent, ${failed.length} lost`);
    expect(failed).toEqual([]);
    for (const host of webHosts) expect(await sentenceOf(host)).toMatch(/, version 2$/);
  });

  it('lets the site answer what it was asked before it ends', async () => {
    const slow = cluster.get(demo, '/?delay=3000');
    await cluster.etcdctl('put', `${prefix}/ips`, '');
    expect((await slow).status).toBe(200);
    await waitFor('503', async () => (await cluster.get(demo)).status === 503);
    await cluster.etcdctl('put', `${prefix}/ips`, addresses.join());
    await whenBehind(...webHosts);
    await whenConverged();
  });
});

describe.sequential('what breaks', () => {
  it('goes on when an agent is killed, which then comes back', async () => {
    const before = await sentenceOf('web1-01');
    await cluster.killProcesses('web1-01', /^node \S*supervene agent$/);
    expect(await sentenceOf('web1-01')).toBe(before);
    await whenConverged();
    await cluster.whenHealthy(['web1-01']);
    expect(await sentenceOf('web1-01')).toBe(before);
  });

  it('starts a host again whose supervisord was killed', async () => {
    const before = await sentenceOf('web1-02');
    await measure('supervisord killed, until its host serves again', async () => {
      await cluster.killProcesses('web1-02', /supervisord -n/);
      await waitFor('the site of web1-02', async () => {
        const now = await sentenceOf('web1-02');
        return now.startsWith('demo1 on web1-02') && now !== before;
      });
      await whenBehind(...webHosts);
    });
    await whenConverged();
  });

  it('goes on without etcd, and hears what is published when it is back', async () => {
    const load = startLoad(cluster);
    const before = await sentenceOf('web1-03');
    await cluster.docker('kill', 'etcd');
    await waitFor('an agent to notice', async () => {
      const { stdout } = await cluster.exec('web1-03', [
        ...[
          'node',
          '-e',
          "fetch('http://127.0.0.1:9102/readyz').then((r) => console.log(r.status))",
        ],
      ]);
      return stdout.trim() === '503';
    });
    expect(await hostsBehind()).toEqual([...webHosts]);
    expect(await sentenceOf('web1-03')).toBe(before);
    await cluster.docker('start', 'etcd');
    await cluster.whenHealthy(['etcd']);
    await cluster.etcdctl('put', `${prefix}/ips`, addresses.slice(0, 2).join());
    await whenBehind('web1-01', 'web1-02');
    await cluster.etcdctl('put', `${prefix}/ips`, addresses.join());
    await whenBehind(...webHosts);
    const { sent, failed } = await load.stop();
    measured.push(`etcd killed and started again: ${sent} requests sent, ${failed.length} lost`);
    expect(failed).toEqual([]);
    await whenConverged();
  });

  it('starts etcd again when it ended by itself', async () => {
    await cluster.killProcesses('etcd', /^etcd /);
    await waitFor('its data', async () => cluster.etcdctl('get', `${prefix}/ips`), {
      timeoutMs: 60_000,
    });
    expect(await hostsBehind()).toEqual([...webHosts]);
    await whenConverged();
  });

  it('goes on without a whole host, and takes it in again when it is back', async () => {
    const load = startLoad(cluster);
    await cluster.docker('kill', 'web1-03');
    await whenBehind('web1-01', 'web1-02');
    await cluster.docker('start', 'web1-03');
    await whenBehind(...webHosts);
    const { sent, failed } = await load.stop();
    measured.push(`a host killed and started again: ${sent} requests sent, ${failed.length} lost`);
    expect(failed).toEqual([]);
    await whenConverged();
  });

  it('brings nginx back with the upstreams it had', async () => {
    await cluster.killProcesses('nginx-proxy', /^nginx: master/);
    await whenBehind(...webHosts);
    await cluster.docker('kill', 'etcd');
    await cluster.docker('kill', 'nginx-proxy');
    await cluster.docker('start', 'nginx-proxy');
    await whenBehind(...webHosts);
    await cluster.docker('start', 'etcd');
    await cluster.whenHealthy();
    await whenConverged();
  });

  it('brings the console back, with its users, where it was killed and where its container is another', async () => {
    await cluster.killProcesses('nginx-proxy', /supervene console/);
    await waitFor('the console', async () => (await anna.ask('fleet')).status === 200, patience);
    const before = await cluster.inspect('nginx-proxy', '{{.Id}}');
    await cluster.compose([
      'up',
      '--detach',
      '--no-build',
      '--no-deps',
      '--force-recreate',
      'nginx-proxy',
    ]);
    await cluster.whenHealthy(['nginx-proxy']);
    expect(await cluster.inspect('nginx-proxy', '{{.Id}}')).not.toBe(before);
    await waitFor('the console', async () => (await anna.ask('fleet')).status === 200, patience);
    anna = await logIn();
    expect(await cluster.compose(['logs', '--no-color', 'nginx-proxy'])).not.toContain('#set-up=');
    await whenBehind(...webHosts);
    await whenConverged();
  });
});

describe.sequential("supervisor's own pages", () => {
  let withPages: Cluster;

  it('do not come up with a short password', async () => {
    const path = join(folder, 'short');
    await writeFile(path, 'thaw');
    const ended = await engine
      .docker([
        ...['run', '--rm', '--network=none', '--read-only', '--tmpfs=/run:uid=10001'],
        ...[`--volume=${path}:/tmp/short:ro`, '--env=SUPERVISOR_PASSWORD_FILE=/tmp/short'],
        'supervene-web',
      ])
      .catch(String);
    expect(ended).toMatch(/less than 12 characters/);
  });

  it('are on 9001 of each web host, and behind nginx, with the password only', async () => {
    const path = join(folder, 'supervisor_password');
    await writeFile(path, `${password}\n`);
    await chown(path, 10_001, 10_001);
    await chmod(path, 0o400);
    withPages = createCluster(engine, ['deploy/supervisor-ui.yml']);
    await withPages.compose(['up', '--detach', '--no-build'], {
      env: { SUPERVISOR_PASSWORD_FILE: path },
    });
    await cluster.whenHealthy();
    await whenBehind(...webHosts);
    const own = 'svadm.website1.com';
    expect((await cluster.get(own)).status).toBe(401);
    expect((await cluster.get(own, '/', '--user', 'supervisor:wrong')).status).toBe(401);
    const page = await cluster.get(own, '/', '--user', `supervisor:${password}`);
    expect(page).toMatchObject({ status: 200, body: expect.stringMatching(/demo1/) as string });
  });

  it('let the old clients in: supervisorctl from this machine, XML-RPC through nginx', async () => {
    for (const address of addresses) {
      const { stdout } = await engine.inNetwork('supervisorctl', [
        ...['-s', `http://${address}:9001`, '-u', 'supervisor', '-p', password, 'status'],
      ]);
      expect(stdout).toMatch(/^demo1 +RUNNING/);
    }
    const call = '<methodCall><methodName>supervisor.getAllProcessInfo</methodName></methodCall>';
    const answer = await cluster.get(
      'svadm.website1.com',
      '/RPC2',
      '--user',
      `supervisor:${password}`,
      ...['--header', 'Content-Type: text/xml', '--data-binary', call],
    );
    expect(answer.body).toContain('<string>demo1</string>');
  });
});

describe.sequential('docker compose down', () => {
  it('leaves nothing', async () => {
    await measure('docker compose down', async () => cluster.compose(['down', '--volumes']));
    expect(await engine.docker(['ps', '--all', '--quiet'])).toBe('');
    expect(await engine.docker(['volume', 'ls', '--quiet'])).toBe('');
    const networks = await engine.docker(['network', 'ls', '--format', '{{.Name}}']);
    expect(networks.split('\n').sort()).toEqual(['host', 'none']);
  });
});
