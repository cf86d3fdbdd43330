/**
 * The promise of a rolling publish: whoever visits the site all the time does not notice it, neither
 * when it succeeds nor when it fails. The site ends at once when it is stopped, so that every request
 * under way would be lost if traffic had not gone elsewhere before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../support/waitFor.ts';
import {
  demoContent,
  type NetCluster,
  startCluster,
  whyNoCluster,
  withReason,
} from '../support/cluster.ts';
import { timing, waitForAnswersOf, waitForProcess } from '../support/clusterWaits.ts';
import type { ManagedHost } from '../support/managedHost.ts';
import { type ChangeUnderLoad, changeUnderLoad, describeLost } from '../support/underLoad.ts';

const load = { perSecond: 60, answerMs: 200 };
const inTurns = [
  ...['--max-unavailable', '1', '--drain', '1s'],
  ...['--healthcheck', 'http://127.0.0.1:8088/', '--healthcheck-timeout', '5s'],
];

describe.skipIf(whyNoCluster() !== undefined)(withReason('a site that is visited'), () => {
  let cluster: NetCluster;
  beforeAll(async () => {
    cluster = await startCluster();
    const { code, stdout, stderr } = await publish(1);
    expect(code, `${stdout}${stderr}`).toBe(0);
  });
  beforeEach(() => waitForAnswersOf(cluster, cluster.web));
  afterAll(() => cluster?.stop());

  const publish = (version: number, { hosts = cluster.web, port = 8088 }: Publishing = {}) =>
    cluster.supervene(
      [
        ...['publish', 'demo1', '--file', '-', '--wait=90', ...inTurns],
        ...['--hosts', hosts.map(({ host }) => host.address).join(',')],
      ],
      siteThatEndsAtOnce(version, port),
    );
  const pids = () => Promise.all(cluster.web.map((host) => waitForProcess(host)));

  it('loses no request while a new version goes through its hosts in turns', async () => {
    const before = await pids();
    const running = watchRunning(cluster.web);
    let code: number | null = null;
    const found = await changeUnderLoad(cluster, load, async () => {
      ({ code } = await publish(2));
    }).finally(running.stop);
    expect(code).toBe(0);
    expectNothingLost(found);
    expect(running.fewest()).toBe(2);
    expect((await pids()).filter((pid) => before.includes(pid))).toEqual([]);
    for (const { read } of cluster.web) expect(read(demoFile)).toContain('DEMO_VERSION="2"');
  });

  it('loses no request when a version fails: the hosts whose turn did not come keep theirs', async () => {
    const before = await pids();
    const running = watchRunning(cluster.web);
    let code: number | null = null;
    const found = await changeUnderLoad(cluster, load, async () => {
      // It listens where nobody asks it.
      ({ code } = await publish(3, { port: 8089 }));
      const isBack = (): boolean =>
        cluster.web.every(({ read }) => read(demoFile).includes('DEMO_VERSION="2"'));
      await waitFor('the last good version to be back', isBack, timing);
      await pids();
    }).finally(running.stop);
    expect(code).toBe(3);
    expectNothingLost(found);
    expect(running.fewest()).toBe(2);
    const after = await pids();
    expect(after.filter((pid) => before.includes(pid))).toHaveLength(2);
    await waitForConditions(cluster, ['held', 'held', 'rolled-back']);
    const who = Object.keys(found.load.seen).join('\n');
    expect(who).not.toContain('version 3');
  });

  it('loses no request when it leaves a host', async () => {
    const [first, second, last] = cluster.web;
    expect((await publish(4)).code).toBe(0);
    await waitForAnswersOf(cluster, cluster.web);
    const found = await changeUnderLoad(cluster, load, async () => {
      await publish(4, { hosts: [first, second] });
      await waitFor(
        'it to be gone',
        async () => (await last.process('demo1')) === undefined,
        timing,
      );
    });
    expectNothingLost(found);
    expect((await publish(4)).code).toBe(0);
  });
});

interface Publishing {
  readonly hosts?: readonly ManagedHost[];
  readonly port?: number;
}

const demoFile = '/etc/supervisor/conf.d/demo1.supervene.conf';

const siteThatEndsAtOnce = (version: number, port: number): string =>
  `${demoContent()}stopsignal = KILL\n` +
  `environment = DEMO_VERSION="${String(version)}",DEMO_PORT="${String(port)}"\n`;

/** On how few hosts it has been seen to run. */
function watchRunning(hosts: readonly ManagedHost[]) {
  let fewest = hosts.length;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const found = await Promise.all(hosts.map((host) => host.process('demo1')));
      fewest = Math.min(fewest, found.filter((one) => one?.statename === 'RUNNING').length);
      await sleep(20);
    }
  })();
  return {
    fewest: () => fewest,
    stop: async () => {
      isOver = true;
      await watching;
    },
  };
}

/** Of the app, on all hosts, sorted. */
async function waitForConditions(
  { supervene }: NetCluster,
  wanted: readonly string[],
): Promise<void> {
  const isSo = async (): Promise<boolean> => {
    const { apps } = JSON.parse((await supervene(['status', '--json'])).stdout) as StatusView;
    const found = apps.map(({ condition }) => condition).sort();
    if (found.join() !== wanted.join()) throw new Error(found.join());
    return true;
  };
  await waitFor(`the conditions ${wanted.join()}`, isSo, timing);
}

interface StatusView {
  readonly apps: readonly { readonly condition: string }[];
}

function expectNothingLost({ load: { sent, answered, lost } }: ChangeUnderLoad): void {
  expect(describeLost(lost)).toBe('');
  expect(answered).toBe(sent);
}
