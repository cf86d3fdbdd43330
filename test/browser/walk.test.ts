/** The walk of the replaced system's README, in the page that takes its place. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { whyNoBrowser } from '../support/browser.ts';
import {
  addresses,
  editorOf,
  type ConsoleFleet,
  logIn,
  pidsOf,
  publishAs,
  startConsoleFleet,
  tellWhenFailed,
  tabTo,
  typeContent,
  waitUntilRuns,
} from '../support/consoleFleet.ts';
import { passwordOf } from '../support/consoleHost.ts';

const whyNot = whyNoBrowser();
const everyHost = ['web1', 'web2', 'web3'];
const demoIn = (dir: string): string =>
  [
    `command = /bin/sh -c 'n=0; while :; do n=$((n+1)); echo "visit $n"; sleep 0.5; done'`,
    'process_name=%(program_name)s',
    'startsecs = 0',
    'numprocs = 1',
    `stdout_logfile = ${dir}/demo1.log`,
    'stopasgroup = true',
    'autostart = true',
    'autorestart = true',
  ].join('\n');

const slowly = 'command = /bin/sleep 1000\nstartsecs = 1\nnumprocs = 1\nautostart = true';

describe.skipIf(whyNot !== undefined)(
  `the walk${whyNot === undefined ? '' : `: ${whyNot}`}`,
  () => {
    let ground: ConsoleFleet;
    let page: Page;
    beforeAll(async () => {
      ground = await startConsoleFleet();
      ({ page } = ground.browser);
    });
    afterAll(async () => {
      await ground?.stop();
    });
    beforeEach((test) => tellWhenFailed(test, ground.browser));

    const goToView = (name: string) =>
      page.getByRole('navigation', { name: 'Views' }).getByText(name).click();
    const goTo = (name: string) =>
      page
        .locator('#main')
        .getByRole('link', { name: new RegExp(`^${name}\\b`) })
        .first()
        .click();

    it('by mouse: published, seen, taken off a host, read, explained, put back', async () => {
      const { fleet, host, browser, dir } = ground;
      const demo = demoIn(dir);
      await page.goto(host.url);
      await logIn(page);
      await goToView('Publish');
      await page.getByLabel('Name of a new app').fill('demo1');
      await page.getByRole('button', { name: 'New app' }).click();
      await typeContent(page, demo);
      await page.getByRole('textbox', { name: 'Placement' }).fill(addresses.join(','));
      await page.getByText('3 of 3 hosts').waitFor();

      await page.getByRole('button', { name: 'Review and publish' }).click();
      const dialog = page.getByRole('dialog');
      for (const name of everyHost) {
        await dialog.getByRole('row', { name: `${name} Start` }).waitFor();
      }
      await dialog.getByText('autorestart = true').waitFor();
      await dialog.getByLabel('Why', { exact: true }).fill('the first site');
      await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
      await page.getByText('It runs everywhere').waitFor();
      const first = await waitUntilRuns(fleet, 'demo1', everyHost);
      expect((await fleet.run(['show', 'demo1'])).stdout).toContain(demo.split('\n')[0]);

      await goToView('Fleet');
      for (const pid of Object.values(first)) {
        const row = page.getByRole('row').filter({ hasText: String(pid) });
        // Another row may have the same digits somewhere in it.
        await row.getByText('RUNNING').first().waitFor();
      }

      await goToView('Publish');
      await goTo('demo1');
      await page.getByRole('textbox', { name: 'Placement' }).fill(addresses.slice(0, 2).join(','));
      await page.getByRole('button', { name: 'Review and publish' }).click();
      await dialog.getByRole('row', { name: 'web3 Stop' }).waitFor();
      await dialog.getByRole('row', { name: 'web1 Nothing' }).waitFor();
      await dialog.getByRole('button', { name: 'Back to the text' }).click();
      await publishAs(page, 'web3 is needed elsewhere');
      await page.getByText('It runs everywhere').waitFor();
      const left = await waitUntilRuns(fleet, 'demo1', ['web1', 'web2']);
      expect(left).toEqual({ web1: first['web1'], web2: first['web2'] });

      await goToView('Fleet');
      const row = page.getByRole('row').filter({ hasText: String(first['web1']) });
      await row.getByText('demo1', { exact: true }).click();
      await page
        .getByRole('complementary')
        .getByRole('link', { name: 'Logs', exact: true })
        .click();
      await page
        .getByText(/^visit \d+$/)
        .first()
        .waitFor();
      const seen = Math.max(...(await page.getByText(/^visit \d+$/).allInnerTexts()).map(visitOf));
      await page
        .getByText(`visit ${String(seen + 4)}`, { exact: true })
        .first()
        .waitFor();

      await goToView('History');
      await goTo('demo1');
      const entries = page.getByRole('list', { name: 'Changes' }).getByRole('listitem');
      await entries.filter({ hasText: 'web3 is needed elsewhere' }).getByText('admin').waitFor();
      const newest = entries.first();
      await newest.getByRole('button', { name: 'What it changed' }).click();
      await newest.getByRole('figure', { name: 'Placement' }).getByText(addresses[2]).waitFor();

      await entries
        .filter({ hasText: 'the first site' })
        .getByRole('button', { name: 'Roll back to this' })
        .click();
      await dialog.getByRole('row', { name: 'web3 Start' }).waitFor();
      await dialog.getByRole('row', { name: 'web1 Nothing' }).waitFor();
      await dialog.getByLabel('Message').fill('web3 is back');
      await dialog.getByRole('button', { name: 'Roll back', exact: true }).click();
      await page.getByText('It runs everywhere').waitFor();
      const back = await waitUntilRuns(fleet, 'demo1', everyHost);
      expect(back).toMatchObject(left);
      await entries.filter({ hasText: 'web3 is back' }).getByText('Rolled back').waitFor();
      expect(browser.complaints()).toEqual([]);
      expect(browser.strangers()).toEqual([]);
    });

    it('by keyboard alone: in, published, stopped, started, out', async () => {
      const { fleet, host, browser } = ground;
      const { keyboard } = page;
      await browser.context.clearCookies();
      await page.goto(host.url);
      await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
      await tabTo(page, 'User');
      await keyboard.type('admin');
      await tabTo(page, 'Password');
      await keyboard.type(passwordOf('admin'));
      await keyboard.press('Enter');
      await page.getByRole('link', { name: 'Fleet', exact: true }).waitFor();

      await keyboard.type('gp');
      await page.getByRole('heading', { name: 'Publish' }).waitFor();
      await tabTo(page, 'Name of a new app');
      await keyboard.type('demo2');
      await keyboard.press('Enter');
      await page.getByRole('heading', { name: 'demo2' }).waitFor();
      await editorOf(page).waitFor();
      await tabTo(page, 'Content: the options of the program. Tab leaves the editor.');
      // As slowly as people do: what is suggested meanwhile gets in nobody's way.
      await keyboard.type(slowly, { delay: 150 });
      const lines = await page.locator('.code-editor .cm-line').allInnerTexts();
      expect(lines.join('\n')).toBe(slowly);
      await tabTo(page, 'Placement');
      await keyboard.type('web1');
      await tabTo(page, 'Review and publish');
      await keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await tabTo(page, 'Why');
      await keyboard.type('by keyboard');
      await keyboard.press('Enter');
      await page.getByText('It runs everywhere').waitFor();
      await waitUntilRuns(fleet, 'demo2', ['web1']);

      await keyboard.type('gf');
      await page.getByRole('row').filter({ hasText: 'demo2' }).waitFor();
      await keyboard.type('/');
      await keyboard.type('demo2');
      await tabTo(page, 'Apps on hosts');
      await keyboard.press('End');
      await keyboard.type('x');
      await page.getByRole('dialog').getByText('Stop demo2 @ web1').waitFor();
      await tabTo(page, 'Stop');
      await keyboard.press('Enter');
      await page.getByText('Done everywhere.').waitFor();
      expect(await pidsOf(fleet, 'demo2')).toEqual({});
      await keyboard.press('Escape');
      await page.getByRole('row').getByText('STOPPED', { exact: true }).waitFor();
      await tabTo(page, 'Apps on hosts');
      await keyboard.type('s');
      await page.getByRole('dialog').getByText('Start demo2 @ web1').waitFor();
      await tabTo(page, 'Start');
      await keyboard.press('Enter');
      await page.getByText('Done everywhere.').waitFor();
      await waitUntilRuns(fleet, 'demo2', ['web1']);
      await keyboard.press('Escape');

      await tabTo(page, 'admin: settings and log-out');
      await keyboard.press('Enter');
      await keyboard.press('End');
      await keyboard.press('Enter');
      await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
      expect(
        (await browser.context.cookies()).filter(({ name }) => name.endsWith('session')),
      ).toEqual([]);
    });
  },
);

const visitOf = (line: string): number => Number(line.replace('visit ', ''));
