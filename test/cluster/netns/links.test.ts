/**
 * The network between the parts of the cluster breaks, silently, and heals: a host that is alone, one
 * that does not reach etcd any more, and an entry that does not.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../support/waitFor.ts';
import {
  demoContent,
  type NetCluster,
  startCluster,
  whyNoCluster,
  withReason,
} from '../support/cluster.ts';
import {
  nginxFile,
  timing,
  waitForAnswersOf,
  waitForProcess,
  waitForStatus,
  waitForUpstream,
} from '../support/clusterWaits.ts';
import type { NetHost } from '../support/namespaces.ts';

describe.skipIf(whyNoCluster() !== undefined)(withReason('a network that breaks'), () => {
  let cluster: NetCluster;
  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.putDemo(cluster.web);
    await waitForAnswersOf(cluster, cluster.web);
  });
  afterEach(async () => {
    for (const host of cluster.web) await waitForProcess(host);
    await waitForUpstream(cluster, cluster.web);
    await waitForAnswersOf(cluster, cluster.web);
  });
  afterAll(() => cluster?.stop());

  it('a host without its cable: the site stays up, and the host is in it again afterwards', async () => {
    const [alone, ...others] = cluster.web;
    const before = await alone.process('demo1');
    alone.host.unplug();
    await waitForAnswersOf(cluster, others);
    await waitForStatus(cluster, alone, 'lost');
    await waitForUpstream(cluster, others);
    // Nobody has told it anything, so it goes on.
    expect((await alone.process('demo1'))?.pid).toBe(before?.pid);
    alone.host.plug();
    await waitForAnswersOf(cluster, cluster.web);
    expect((await alone.process('demo1'))?.pid).toBe(before?.pid);
  });

  it('a web host and etcd: it goes on with what it has, and hears of the rest later', async () => {
    const [first, apart, third] = cluster.web;
    const before = await apart.process('demo1');
    cut(apart.host, cluster.etcd.host);
    await waitForStatus(cluster, apart, 'lost');
    await waitForUpstream(cluster, [first, third]);
    await cluster.putDemo(cluster.web, demoContent(2));
    await waitFor(
      'another content on a host that hears of it',
      async () => third.read(demoFile).includes('DEMO_VERSION="2"'),
      timing,
    );
    expect(apart.read(demoFile)).not.toContain('DEMO_VERSION');
    expect((await apart.process('demo1'))?.pid).toBe(before?.pid);
    mend(apart.host, cluster.etcd.host);
    await waitFor(
      'the new content there too',
      async () => apart.read(demoFile).includes('DEMO_VERSION="2"'),
      timing,
    );
    // The file is written before the restart: only what runs of it is the end of that.
    await waitFor(
      'the new content to run there',
      async () => ![undefined, 0, before?.pid].includes((await apart.process('demo1'))?.pid),
      timing,
    );
  });

  it('the entry and etcd: it goes on with what it knows, and hears of the rest later', async () => {
    const { proxy, etcd, web } = cluster;
    const [first, second] = web;
    const before = proxy.read(nginxFile);
    cut(proxy.host, etcd.host);
    await waitFor(
      'the agent of the entry to know',
      async () => (await proxy.state()).held.some(({ code }) => code === 'EtcdStale'),
      timing,
    );
    await waitForStatus(cluster, proxy, 'lost');
    // Each of these visits is answered.
    await cluster.whoAnswers();
    await cluster.putPlacement([first, second]);
    await waitForAnswersOf(cluster, [first, second]);
    expect(proxy.read(nginxFile)).toBe(before);
    mend(proxy.host, etcd.host);
    await waitForUpstream(cluster, [first, second]);
    await cluster.putPlacement(web);
  });
});

const demoFile = '/etc/supervisor/conf.d/demo1.supervene.conf';

/** In both directions; neither is told. */
function cut(one: NetHost, other: NetHost): void {
  one.cutTo(other);
  other.cutTo(one);
}

function mend(one: NetHost, other: NetHost): void {
  one.mendTo(other);
  other.mendTo(one);
}
