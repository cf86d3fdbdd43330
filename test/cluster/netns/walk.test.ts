/**
 * The walk of the replaced system, step by step, on its topology: what its reader sees, through nginx
 * and by host name.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../support/waitFor.ts';
import { type NetCluster, startCluster, whyNoCluster, withReason } from '../support/cluster.ts';
import { waitForAnswersOf, waitForUpstream } from '../support/clusterWaits.ts';

describe.skipIf(whyNoCluster() !== undefined)(withReason('the six steps of the walk'), () => {
  let cluster: NetCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.stop());

  it('1: at first no web host has a process', async () => {
    for (const { process } of cluster.web) expect(await process('demo1')).toBeUndefined();
    const { status, body } = await cluster.visitSupervisor();
    expect(status).toBe(200);
    expect(body).toContain('No programs to manage');
  });

  it('2: the site is not there yet', async () => {
    expect((await cluster.visit()).status).toBe(503);
  });

  it('3 and 4: two keys are put, and every web host has the process', async () => {
    await cluster.putDemo(cluster.web);
    for (const { name, process } of cluster.web) {
      await waitFor(
        `demo1 on ${name}`,
        async () => (await process('demo1'))?.statename === 'RUNNING',
      );
    }
    const { body } = await cluster.visitSupervisor();
    expect(body).toMatch(/running[\s\S]*demo1/);
  });

  it('5: the site answers from each of them, with its address and its name', async () => {
    await waitForAnswersOf(cluster, cluster.web);
    const { body } = await cluster.visit();
    const named = cluster.web.find(({ name }) => body.includes(name));
    expect(body).toContain(named?.host.address ?? 'the address of a web host');
    expect(body).toContain(String((await named?.process('demo1'))?.pid));
  });

  it('6: an address is dropped, the site leaves that host and stays up; and it comes back', async () => {
    const [first, second, third] = cluster.web;
    await cluster.putPlacement([first, third]);
    await waitFor(
      'demo1 to be gone there',
      async () => (await second.process('demo1')) === undefined,
    );
    await waitForAnswersOf(cluster, [first, third]);
    expect((await first.process('demo1'))?.statename).toBe('RUNNING');
    await waitForUpstream(cluster, [first, third]);
    await cluster.putPlacement(cluster.web);
    await waitForAnswersOf(cluster, cluster.web);
  });

  it('leaves a host alone on which it is stopped, and goes there again when it is started', async () => {
    const [first, second, third] = cluster.web;
    await second.rpc('stopProcess', 'demo1:demo1');
    await waitForUpstream(cluster, [first, third]);
    await waitForAnswersOf(cluster, [first, third]);
    await second.rpc('startProcess', 'demo1:demo1');
    await waitForUpstream(cluster, cluster.web);
    await waitForAnswersOf(cluster, cluster.web);
  });

  it('says so when it runs nowhere', async () => {
    for (const { rpc } of cluster.web) await rpc('stopProcess', 'demo1:demo1');
    await waitForUpstream(cluster, []);
    expect(await cluster.visit()).toEqual({
      status: 503,
      body: 'demo1 is not running anywhere.\n',
    });
    for (const { rpc } of cluster.web) await rpc('startProcess', 'demo1:demo1');
    await waitForAnswersOf(cluster, cluster.web);
  });

  it('answers a stranger’s login at supervisor’s page with 401', async () => {
    const headers = { authorization: `Basic ${Buffer.from('operator:guess').toString('base64')}` };
    const answer = await cluster.visitor.get({
      ...{ url: 'http://172.16.238.10/', host: 'svadm.website1.com', headers },
    });
    expect(answer.status).toBe(401);
  });
});
