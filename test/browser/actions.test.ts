/** What operators do in the page: it says what will happen, does it, says what did, and writes it down. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../support/agentHost.ts';
import { whyNoBrowser } from '../support/browser.ts';
import {
  type ConsoleFleet,
  logIn,
  pidsOf,
  startConsoleFleet,
  tellWhenFailed,
  waitUntilRuns,
} from '../support/consoleFleet.ts';
import { fleetPrefix } from '../support/fleetHosts.ts';
import { waitFor } from '../support/waitFor.ts';

const whyNot = whyNoBrowser();
const everyHost = ['web1', 'web2', 'web3'];

describe.skipIf(whyNot !== undefined)(
  `actions in the page${whyNot === undefined ? '' : `: ${whyNot}`}`,
  () => {
    let ground: ConsoleFleet;
    let page: Page;
    beforeAll(async () => {
      ground = await startConsoleFleet({ environment: { SUPERVENE_FLEET_TTL: '5s' } });
      const { browser, fleet, host } = ground;
      ({ page } = browser);
      for (const app of ['one', 'two']) await fleet.put(app, '*', sleeper());
      for (const app of ['one', 'two']) await waitUntilRuns(fleet, app, everyHost);
      await page.goto(host.url);
      await logIn(page);
    });
    afterAll(async () => {
      await ground?.stop();
    });
    beforeEach((test) => tellWhenFailed(test, ground.browser));

    const dialog = () => page.getByRole('dialog');
    const places = () => dialog().locator('.action-place');
    // The cross at its head is called Close, too.
    const press = (name: string) =>
      dialog().getByRole('button', { name, exact: true }).last().click();
    const runs = (app: string) => waitUntilRuns(ground.fleet, app, everyHost);
    const changed = (
      before: Readonly<Record<string, number>>,
      after: Readonly<Record<string, number>>,
    ): readonly string[] => everyHost.filter((name) => before[name] !== after[name]);

    it('restarts what is selected, and nothing else', async () => {
      const { browser, fleet } = ground;
      const [one, two] = [await runs('one'), await runs('two')];
      await page.goto(`${ground.host.url}/fleet`);
      for (const name of ['one web1', 'one web3', 'two web3']) {
        await page.getByRole('checkbox', { name: `Select ${name}`, exact: true }).click();
      }
      const bar = page.getByRole('group', { name: '3 selected' });
      await bar.getByRole('button', { name: 'Restart' }).click();
      await dialog().getByRole('heading', { name: 'Restart in 3 places' }).waitFor();
      expect(await places().locator('strong').allInnerTexts()).toEqual([
        ...['one @ web1', 'one @ web3', 'two @ web3'],
      ]);
      await dialog().getByText('stopped and started again').waitFor();
      expect(await dialog().getByText('Done').count()).toBe(0);
      expect(await browser.accessibilityOfBoth()).toEqual([]);
      expect([await pidsOf(fleet, 'one'), await pidsOf(fleet, 'two')]).toEqual([one, two]);
      await press('Restart');
      await dialog().getByText('Done everywhere.').waitFor();
      expect(await places().getByText('done', { exact: true }).count()).toBe(3);
      expect(await browser.accessibilityOfBoth()).toEqual([]);
      await press('Close');
      expect(changed(one, await runs('one'))).toEqual(['web1', 'web3']);
      expect(changed(two, await runs('two'))).toEqual(['web3']);
    });

    it('restarts an app everywhere, one host after another where one wants that', async () => {
      const before = await runs('one');
      await page.goto(`${ground.host.url}/fleet?by=app&open=app:one`);
      const details = page.getByRole('complementary');
      await details.getByRole('button', { name: 'Restart', exact: true }).click();
      await dialog().getByText('While it lasts the app runs nowhere.').waitFor();
      expect(await places().locator('strong').allInnerTexts()).toEqual(
        everyHost.map((name) => `one @ ${name}`),
      );
      await dialog().getByLabel('One after another, each when the one before runs again').check();
      expect(await dialog().getByText('While it lasts the app runs nowhere.').count()).toBe(0);
      const seen: number[] = [];
      await press('Restart');
      const over = dialog().getByText('Done everywhere.');
      // Whatever one looks at, no two hosts are without it.
      while ((await over.count()) === 0) {
        seen.push(Object.keys(await pidsOf(ground.fleet, 'one')).length);
      }
      expect(Math.min(...seen)).toBeGreaterThanOrEqual(2);
      await press('Close');
      expect(changed(before, await runs('one'))).toEqual(everyHost);
    });

    it('stops an app everywhere, passes over a host that is lost, and starts it again', async () => {
      const { fleet } = ground;
      await page.goto(`${ground.host.url}/fleet?by=app`);
      await page.getByRole('checkbox', { name: 'Select all of two' }).click();
      await page.keyboard.press('x');
      await dialog().getByRole('heading', { name: 'Stop in 3 places' }).waitFor();
      await press('Cancel');
      expect(Object.keys(await pidsOf(fleet, 'two'))).toHaveLength(3);
      await fleet.host('web2').agent.kill();
      await page.getByRole('row').filter({ hasText: 'two' }).getByText('lost').first().waitFor();
      await page.keyboard.press('x');
      await dialog().getByText('1 are passed over').click();
      await dialog()
        .getByText('the host is lost: nobody there would hear it: two @ web2')
        .waitFor();
      await press('Stop');
      await dialog().getByText('Done everywhere.').waitFor();
      await press('Close');
      expect(Object.keys(await pidsOf(fleet, 'two'))).toEqual(['web2']);
      fleet.host('web2').agent.start();
      await page
        .getByRole('row')
        .filter({ hasText: 'two' })
        .getByText('lost')
        .first()
        .waitFor({ state: 'detached' });
      await page.keyboard.press('s');
      await press('Start');
      await dialog().getByText('Done everywhere.').waitFor();
      await press('Close');
      await runs('two');
    });

    it('halts a rolling publish and lets it go on', async () => {
      const { browser, dir, fleet } = ground;
      const well = join(dir, 'well');
      writeFileSync(well, '');
      const said = ['--max-unavailable', '1', '--drain', '0s', '--healthcheck-timeout', '5m'];
      const check = ['--healthcheck', `/usr/bin/test -e ${well}`];
      const args = ['publish', 'wave', '--hosts', everyHost.join(), '--file', '-'];
      const first = await fleet.run([...args, ...said, ...check, '-m', 'first'], sleeper(1));
      expect(first.code, first.stderr).toBe(0);
      const before = await runs('wave');
      await page.goto(`${ground.host.url}/history?rollouts`);
      const card = page.getByRole('region', { name: 'wave' });
      await page.getByText('No publish is on its way').waitFor();
      // The first host is not well before this file is there again.
      rmSync(well);
      const second = await fleet.run([...args, '-m', 'second'], sleeper(2));
      expect(second.code, second.stderr).toBe(0);
      await card.getByText('Under way').waitFor();
      const turn = await card.locator('.turns strong').innerText();
      const others = everyHost.filter((name) => name !== turn);
      await card.getByText(others.join(', '), { exact: true }).waitFor();

      await card.getByRole('button', { name: 'Halt' }).click();
      await dialog().getByText('No further host begins.').waitFor();
      await dialog().getByLabel('Message').fill('lunch');
      expect(await browser.accessibilityOfBoth()).toEqual([]);
      await press('Halt');
      await card.getByText('Halted by admin').waitFor();
      await card.getByText('lunch').waitFor();
      writeFileSync(well, '');
      await card.getByText('nobody', { exact: true }).waitFor();
      for (const name of others) {
        await waitFor(`${name} to say that it waits`, async () =>
          JSON.stringify(await fleet.report(name)).includes('lunch'),
        );
      }
      expect(changed(before, await pidsOf(fleet, 'wave'))).toEqual([turn]);
      expect(await browser.accessibilityOfBoth()).toEqual([]);

      await card.getByRole('button', { name: 'Resume' }).click();
      await dialog().getByLabel('Message').fill('fed');
      await press('Resume');
      await page.getByText('The rollout of wave goes on').waitFor();
      await page.getByText('No publish is on its way').waitFor();
      expect(changed(before, await runs('wave'))).toEqual(everyHost);
    });

    it('puts an earlier version back, with its plan and how far it is', async () => {
      const { browser, fleet } = ground;
      const before = await runs('wave');
      await page.goto(`${ground.host.url}/history/wave`);
      const entries = page.getByRole('list', { name: 'Changes' }).getByRole('listitem');
      const old = entries.filter({ hasText: 'first' });
      await old.getByRole('button', { name: 'Roll back to this' }).click();
      for (const name of everyHost) {
        await dialog()
          .getByRole('row', { name: `${name} Restart` })
          .waitFor();
      }
      await dialog().getByText('Hosts take turns: at most 1').waitFor();
      expect(await browser.accessibilityOfBoth()).toEqual([]);
      await dialog().getByLabel('Message').fill('it was better');
      await press('Roll back');
      const progress = page.getByRole('region', { name: 'How far the hosts are' });
      await progress.getByText('It runs everywhere').waitFor();
      expect(changed(before, await runs('wave'))).toEqual(everyHost);
      expect((await fleet.run(['show', 'wave'])).stdout).toContain('N="1"');
      await entries.first().getByText('it was better').waitFor();
    });

    it('has all of that in its audit trail, which is whole, and says when it is not', async () => {
      const { browser, fleet, host } = ground;
      await page.goto(`${host.url}/audit`);
      await page.getByText(/^Whole: entries 1 to \d+ follow from one another$/).waitFor();
      const rows = page.getByRole('row').filter({ has: page.getByText('Done', { exact: true }) });
      for (const [action, about] of [
        ['orders', 'Restart one'],
        ['orders', 'Stop two'],
        ['rollout', 'wave'],
        ['rollBack', 'wave'],
      ] as const) {
        await rows
          .filter({ has: page.getByText(action, { exact: true }) })
          .filter({ hasText: about })
          .first()
          .waitFor();
      }
      for (const message of ['lunch', 'fed', 'it was better']) {
        await page.getByRole('row').filter({ hasText: message }).first().waitFor();
      }
      const verified = await fleet.run(['audit', 'verify']);
      expect(verified.code, verified.stdout + verified.stderr).toBe(0);

      const exported = (await fleet.run(['audit', 'export'])).stdout.trim().split('\n');
      const seq = exported.findIndex((entry) => entry.includes('lunch')) + 1;
      const key = `${fleetPrefix}/audit/${String(seq).padStart(20, '0')}`;
      const entry = (await fleet.etcd.get(key)) ?? '';
      expect(entry).toContain('lunch');
      await fleet.etcd.put(key, entry.replace('lunch', 'an emergency'));
      await page.getByRole('button', { name: 'Read again' }).click();
      await page.getByText(`Broken at entry ${String(seq)}`).waitFor();
      expect(await browser.accessibilityOfBoth()).toEqual([]);
      expect((await fleet.run(['audit', 'verify'])).code).toBe(1);
      expect(browser.complaints()).toEqual([]);
      expect(browser.strangers()).toEqual([]);
    });
  },
);
