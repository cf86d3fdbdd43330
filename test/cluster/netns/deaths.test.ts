/** Each part of the cluster dies, suddenly, and comes back: the site stays up meanwhile. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../support/waitFor.ts';
import {
  demoContent,
  demoSite,
  type NetCluster,
  startCluster,
  whyNoCluster,
  withReason,
} from '../support/cluster.ts';
import {
  timing,
  waitForAnswersOf,
  waitForProcess,
  waitForStatus,
} from '../support/clusterWaits.ts';

describe.skipIf(whyNoCluster() !== undefined)(withReason('a part of the cluster that dies'), () => {
  let cluster: NetCluster;
  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.putDemo(cluster.web);
  });
  beforeEach(() => waitForAnswersOf(cluster, cluster.web));
  afterAll(() => cluster?.stop());

  it('an agent: its programs go on, and what it missed is done when it is back', async () => {
    const [host, other] = cluster.web;
    const before = await waitForProcess(host);
    await host.agent.kill();
    await cluster.putDemo(cluster.web, demoContent(2));
    await waitFor(
      'the others to go on',
      () => other.read(demoFile).includes('VERSION="2"'),
      timing,
    );
    // Of a host that is not heard of the entry keeps away in time; its program goes on.
    await waitForAnswersOf(
      cluster,
      cluster.web.filter((one) => one !== host),
    );
    const url = `http://${host.host.address}:8088/`;
    const { status, body } = await cluster.visitor.get({ url, host: demoSite });
    expect([status, body]).toEqual([200, expect.stringContaining(host.name)]);
    expect(await waitForProcess(host)).toBe(before);
    await host.startAgent();
    await waitFor('it to be back', () => host.read(demoFile).includes('VERSION="2"'), timing);
    await waitFor('a new process', async () => (await waitForProcess(host)) !== before, timing);
  });

  it('a supervisord and its programs: the others answer, until all runs again by itself', async () => {
    const [, host] = cluster.web;
    await host.killSupervisord();
    await waitForAnswersOf(
      cluster,
      cluster.web.filter((one) => one !== host),
    );
    await host.startSupervisord();
    await waitForProcess(host);
    await waitForAnswersOf(cluster, cluster.web);
  });

  it('etcd: everything goes on, and changes arrive when it is back', async () => {
    const { etcd, web, whoAnswers } = cluster;
    const pids = await Promise.all(web.map((host) => waitForProcess(host)));
    await etcd.kill();
    for (const { name, state } of [...web, cluster.proxy]) {
      const isStale = async (): Promise<boolean> =>
        (await state()).held.some(({ code }) => code === 'EtcdStale');
      await waitFor(`${name} to know`, isStale, timing);
    }
    await whoAnswers();
    expect(await Promise.all(web.map((host) => waitForProcess(host)))).toEqual(pids);
    await etcd.start();
    await cluster.putDemo(web, demoContent(3));
    for (const { name, read } of web) {
      await waitFor(`${name} to hear`, () => read(demoFile).includes('VERSION="3"'), timing);
    }
  });

  it('a whole host: the others answer, and it is in it again when it has booted', async () => {
    const [, , host] = cluster.web;
    await host.powerOff();
    await waitForAnswersOf(
      cluster,
      cluster.web.filter((one) => one !== host),
    );
    await waitForStatus(cluster, host, 'lost');
    await host.powerOn();
    await waitForProcess(host);
    await waitForAnswersOf(cluster, cluster.web);
  });
});

const demoFile = '/etc/supervisor/conf.d/demo1.supervene.conf';
