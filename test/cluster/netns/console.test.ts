/**
 * The console behind the entry of the cluster, with the settings and files of deploy/ and
 * docker-compose.yml: the names of the pages it replaces lead to it, and nginx stands in nothing's way.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditDocument } from '../../../src/domain/console/api.ts';
import type { FleetSnapshot } from '../../../src/domain/console/live.ts';
import { framePlaces } from '../../../src/console/page/frame/places.ts';
import type { ConsoleClient } from '../../support/consoleHost.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type NetCluster, startCluster, whyNoCluster, withReason } from '../support/cluster.ts';
import { nginxFile, timing, waitForUpstream } from '../support/clusterWaits.ts';
import {
  browse,
  comeToConsole,
  editorName,
  monitorName,
  setUpToken,
  waitForConsole,
  whereTo,
} from '../support/consoleVisits.ts';
import { startVisitor } from '../support/visitor.ts';

const user = 'anna';
const password = 'a password of the test';

/** Name, path, and where it leads to: `/` is the fleet. */
const bookmarks = [
  [monitorName, '/', '/'],
  [monitorName, '/?mute=1450000000', '/?mute=1450000000'],
  [monitorName, '/control/stop/web1-01/demo1:demo1', '/fleet'],
  [monitorName, '/index.php/control/startall/web1-01', '/fleet'],
  [monitorName, '/fleetwood', '/fleet'],
  [editorName, '/', '/publish'],
  [editorName, '/etcdkeeper/', '/publish'],
  [editorName, '/etcdkeeper/index.html?key=%2Fservices', '/publish'],
  [editorName, '/v3/get?key=/services/apps/demo1/ips', '/publish'],
] as const;

describe.skipIf(whyNoCluster() !== undefined)(withReason('the console behind nginx'), () => {
  let cluster: NetCluster;
  let anna: ConsoleClient;
  beforeAll(async () => {
    cluster = await startCluster();
    await waitForConsole(cluster);
  });
  afterAll(() => cluster?.stop());

  const bookmarksLead = async (): Promise<void> => {
    for (const [name, path, at] of bookmarks) {
      const found = await whereTo(cluster.visitor, name, path);
      expect([name, path, found]).toEqual([name, path, { status: 200, at, isPage: true }]);
    }
  };
  const isMade = (): boolean => cluster.proxy.read(nginxFile).includes('Made by supervene');
  const audited = async () => (await anna.call<AuditDocument>('audit')).entries;

  const openFeed = async (): Promise<void> => {
    const { instance, version } = await anna.call<FleetSnapshot>('fleet');
    const url = `http://172.16.238.10/api/live?instance=${instance}&after=${String(version)}`;
    const headers = { cookie: anna.cookies(), accept: 'text/event-stream' };
    expect(await cluster.visitor.openFeed({ url, host: editorName, headers })).toBe(200);
  };
  const heard = async (text: string): Promise<void> => {
    const isSo = async (): Promise<boolean> => {
      const { body, isOver } = await cluster.visitor.lookAtFeed();
      if (isOver) throw new Error('the feed is over');
      return body.includes(text);
    };
    await waitFor(`${text} in the feed`, isSo, timing);
  };

  it('is where every old bookmark leads to', bookmarksLead);

  it('stays on the port that one came by', async () => {
    const { status, headers } = await browse(cluster.visitor, `${editorName}:8080`, '/');
    expect([status, headers.location]).toEqual([302, '/publish']);
  });

  it('has each of its own views and files where it has them without nginx', async () => {
    const views = [...framePlaces.map(({ href }) => href), '/publish/demo1', '/logs/web1-01/demo1'];
    for (const path of views) {
      expect(await whereTo(cluster.visitor, monitorName, path)).toEqual({
        ...{ status: 200, at: path, isPage: true },
      });
    }
    const names = readdirSync(join(findProjectRoot(), 'dist/page'));
    for (const name of names.filter((one) => !/\.(html|br|gz)$/.test(one))) {
      const { status, headers } = await browse(cluster.visitor, editorName, `/${name}`);
      expect([name, status, headers['content-type']]).not.toContain('text/html; charset=utf-8');
      expect([name, status]).toEqual([name, 200]);
    }
    const { status, headers } = await browse(cluster.visitor, editorName, '/api/nothing');
    expect([status, headers['content-type']]).toEqual([404, expect.stringMatching(/json/)]);
  });

  it('is not reached past nginx, nor by another name', async () => {
    const past = cluster.visitor.get({ url: 'http://172.16.238.10:9180/', host: monitorName });
    await expect(past).rejects.toThrow('ECONNREFUSED');
    for (const name of ['svadm.website1.com', 'elsewhere.example.org']) {
      const { body } = await browse(cluster.visitor, name, '/api/session');
      expect(body).not.toContain('needsSetUp');
    }
  });

  it('makes its first user by the token that its host has printed, and no other way', async () => {
    const stranger = await comeToConsole(cluster.visitor);
    expect(stranger.session.needsSetUp).toBe(true);
    const guess = { user, password, token: 'guess' };
    expect((await stranger.ask('setUp', { body: guess })).status).toBe(403);
    const token = setUpToken(cluster);
    expect(cluster.proxy.supervisord.output()).toContain(`http://${monitorName}/#set-up=`);
    expect((await stranger.ask('setUp', { body: { user, password, token } })).status).toBe(200);
    anna = await comeToConsole(cluster.visitor, editorName);
    expect(anna.session.needsSetUp).toBe(false);
    expect((await anna.ask('logIn', { body: { user, password } })).status).toBe(200);
    const { hosts } = await anna.call<FleetSnapshot>('fleet');
    expect(hosts.map(({ host }) => host)).toContain('web1-03');
  });

  it('takes nobody’s word for where he comes from', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const body = { user: 'ben', password };
    const ben = await comeToConsole(cluster.visitor);
    for (let count = 1; count <= 5; count += 1) {
      const from = { 'x-forwarded-for': `203.0.113.${String(count)}` };
      expect((await ben.ask('logIn', { body, headers: from })).status).toBe(401);
    }
    // Whoever he says he is, it was he who failed; somebody elsewhere was not.
    expect((await ben.ask('logIn', { body, headers })).status).toBe(429);
    const elsewhere = await startVisitor(cluster.web[0].host);
    const other = await comeToConsole(elsewhere);
    expect((await other.ask('logIn', { body, headers })).status).toBe(401);
    const failed = (await audited()).filter(({ target }) => target === 'ben');
    expect(new Set(failed.map(({ from }) => from))).toEqual(
      new Set(['172.16.238.1', '172.16.238.11']),
    );
  });

  it('pushes through nginx what changes, on and on, also when nginx gets a new configuration', async () => {
    const { visitor, web } = cluster;
    await openFeed();
    await heard('"type":"Link"');
    expect(isMade()).toBe(false);
    await cluster.etcdctl('put', '/services/apps/one/ips', 'web1-09');
    await heard('"one"');
    await cluster.putDemo(web);
    await waitFor('nginx to have a new configuration', isMade, timing);
    await waitForUpstream(cluster, web);
    await cluster.etcdctl('put', '/services/apps/other/ips', 'web1-09');
    await heard('"other"');
    await visitor.closeFeed();
  });

  it('shows what runs on each host', async () => {
    const wanted = cluster.web.map(({ name }) => `demo1 ${name} converged`);
    const isSo = async (): Promise<boolean> => {
      const { rows } = await anna.call<FleetSnapshot>('fleet');
      const shown = rows.map(({ app, host, condition }) => `${app} ${host} ${condition}`);
      return wanted.every((one) => shown.includes(one)) || Promise.reject(new Error(shown.join()));
    };
    await waitFor('the rows of demo1', isSo, timing);
  });

  it('is where every old bookmark leads to, by the configuration that the agent makes', async () => {
    expect(isMade()).toBe(true);
    await bookmarksLead();
  });

  it('is missed by the health check and by visitors when it has ended, and goes on where it was', async () => {
    const { proxy, visitor } = cluster;
    const check = ['node', '/opt/supervene/deploy/host-health', ...checkedUrls()];
    expect(await proxy.host.run(check)).toMatchObject({ code: 0, stdout: '' });
    await proxy.rpc('stopProcess', 'console');
    expect(await proxy.host.run(check)).toMatchObject({
      ...{ code: 1, stdout: expect.stringContaining('9180') as string },
    });
    const { status, body } = await browse(visitor, monitorName, '/fleet');
    expect([status, body]).toEqual([503, expect.stringContaining('The console is not running')]);
    await proxy.rpc('startProcess', 'console');
    await waitForConsole(cluster);
    expect((await anna.ask('fleet')).status).toBe(200);
  });

  it('knows its users when its host has been away', async () => {
    const { proxy } = cluster;
    await proxy.powerOff();
    await proxy.powerOn();
    await waitForConsole(cluster);
    expect((await anna.ask('fleet')).status).toBe(200);
    expect(setUpToken(cluster)).toBeUndefined();
  });

  it('pushes each word at once, and does not wait for more to go with it', async () => {
    // Nobody reports any more: what is said from now on is too little to fill a buffer.
    for (const { agent } of [cluster.proxy, ...cluster.web]) await agent.kill();
    const isSilent = async (): Promise<boolean> =>
      (await anna.call<FleetSnapshot>('fleet')).hosts.every(({ isAlive }) => !isAlive);
    await waitFor('every host to be silent', isSilent, timing);
    await openFeed();
    await heard('"type":"Link"');
    await cluster.etcdctl('put', '/services/apps/last/ips', 'web1-09');
    await heard('"last"');
    await cluster.visitor.closeFeed();
  });
});

/** As the image of the entry has them. */
function checkedUrls(): readonly string[] {
  const text = readFileSync(join(findProjectRoot(), 'deploy/Dockerfile'), 'utf8');
  return text.slice(text.indexOf('FROM host AS proxy')).match(/http:[^"]+/g) ?? [];
}
