/** The page while what it stands on goes away and comes back: it says so, and loses nothing typed. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../support/agentHost.ts';
import { whyNoBrowser } from '../support/browser.ts';
import {
  type ConsoleFleet,
  editorOf,
  logIn,
  publishAs,
  startConsoleFleet,
  tellWhenFailed,
  typeContent,
  waitUntilRuns,
} from '../support/consoleFleet.ts';
import { everywhere, passwordOf } from '../support/consoleHost.ts';

const whyNot = whyNoBrowser();
const long = { timeout: 120_000 };
const typed = 'command = /bin/sleep 4711\nstartsecs = 1';

describe.skipIf(whyNot !== undefined)(
  `the page in trouble${whyNot === undefined ? '' : `: ${whyNot}`}`,
  () => {
    let ground: ConsoleFleet;
    let page: Page;
    let app = '';
    let count = 0;
    beforeAll(async () => {
      ground = await startConsoleFleet({ environment: { SUPERVENE_FLEET_TTL: '5s' } });
      ({ page } = ground.browser);
      await page.goto(ground.host.url);
      await logIn(page);
      await ground.fleet.put('steady', 'web1,web2', sleeper());
      await waitUntilRuns(ground.fleet, 'steady', ['web1', 'web2']);
    });
    afterAll(async () => {
      await ground?.stop();
    });
    beforeEach((test) => tellWhenFailed(test, ground.browser));
    beforeEach(() => {
      count += 1;
      app = `new${String(count)}`;
    });

    const typeApp = async (): Promise<void> => {
      await page.goto(`${ground.host.url}/publish/${app}`);
      await typeContent(page, typed);
      await page.getByRole('textbox', { name: 'Placement' }).fill('web1');
    };
    const expectTyped = async (): Promise<void> => {
      const lines = await editorOf(page).locator('.cm-line').allInnerTexts();
      expect(lines.join('\n')).toBe(typed);
      const placement = page.getByRole('textbox', { name: 'Placement' });
      expect(await placement.inputValue()).toBe('web1');
    };
    const publishIt = async (): Promise<void> => {
      await publishAs(page, 'all the same');
      await page.getByText('It runs everywhere').waitFor(long);
    };

    it('shows a host whose agent is killed as lost, and as well when it is back', async () => {
      const { agent } = ground.fleet.host('web1');
      await page.goto(`${ground.host.url}/fleet`);
      const group = page.locator('.fleet-group').filter({ hasText: 'web1' });
      await group.getByText('converged').first().waitFor();
      await agent.kill();
      await group.locator('.fleet-group-more').getByText(/^lost/i).waitFor(long);
      const states = page.locator('.fleet-row').filter({ hasText: 'steady' });
      const lost = states.locator('.fleet-condition').getByText(/^lost$/i);
      await lost.waitFor();
      expect(await states.count()).toBe(2);
      await page.getByText('1 of them lost').waitFor();
      agent.start();
      await group
        .getByText('lost')
        .first()
        .waitFor({ state: 'detached', ...long });
      await group.getByText('converged').first().waitFor(long);
    });

    it('says that etcd is away, keeps what is typed, and goes on when it is back', async () => {
      await typeApp();
      await ground.fleet.etcd.kill();
      await page.getByText('The console has no connection to etcd').waitFor(long);
      await page.getByText('etcd: no answer').waitFor();
      await expectTyped();
      await ground.fleet.etcd.start();
      await page.getByText('The console has no connection to etcd').waitFor({
        state: 'detached',
        ...long,
      });
      await expectTyped();
      await publishIt();
    });

    it('says that the console is away, keeps what is typed, and goes on when it is back', async () => {
      const { host } = ground;
      await page.goto(`${host.url}/publish/${app}`);
      await page.getByRole('textbox', { name: 'Placement' }).fill('web1');
      // The editor is fetched when it is needed, which takes the console.
      await editorOf(page).waitFor();
      await host.kill();
      await page.getByText('The console does not answer', { exact: true }).waitFor(long);
      await page.getByText('Not connected').waitFor();
      await typeContent(page, typed);
      await host.start();
      await page.getByText('The console does not answer', { exact: true }).waitFor({
        state: 'detached',
        ...long,
      });
      await page.getByText('Live', { exact: true }).waitFor();
      await expectTyped();
      await publishIt();
    });

    it('asks over the view when the session was ended elsewhere, and loses nothing', async () => {
      const { host, browser } = ground;
      await typeApp();
      const cookies = await browser.context.cookies();
      const same = await host.comeWith(cookies.map((one) => `${one.name}=${one.value}`).join('; '));
      expect((await same.ask('logOut')).status).toBeLessThan(300);
      await logInAgain(page);
      await expectTyped();
      await publishIt();
    });

    it('asks over the view when the password was changed, and loses nothing', async () => {
      await typeApp();
      ground.host.writeUsers({ admin: [{ role: 'admin', ...everywhere }] });
      await logInAgain(page);
      await expectTyped();
      await publishIt();
    });

    it('has what was typed after it was loaded anew', async () => {
      await typeApp();
      await page.reload();
      await page.getByText('This is what you had typed before and did not publish.').waitFor();
      await editorOf(page).waitFor();
      await expectTyped();
      await publishIt();
      await page.reload();
      await editorOf(page).waitFor();
      expect(await page.getByText('This is what you had typed').count()).toBe(0);
      expect(ground.browser.complaints()).toEqual([]);
      expect(ground.browser.strangers()).toEqual([]);
    });
  },
);

/** In the dialog that comes by itself. */
async function logInAgain(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await dialog.waitFor(long);
  await dialog.getByLabel('Password', { exact: true }).fill(passwordOf('admin'));
  await dialog.getByRole('button', { name: 'Log in', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}
