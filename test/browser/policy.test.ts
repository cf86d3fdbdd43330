/** Whatever one does in the page, its own policy never has to forbid any of it. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../support/agentHost.ts';
import { whyNoBrowser } from '../support/browser.ts';
import {
  type ConsoleFleet,
  editorOf,
  logIn,
  startConsoleFleet,
  tellWhenFailed,
  typeContent,
  waitUntilRuns,
} from '../support/consoleFleet.ts';
import { appsPrefix } from '../support/fleetHosts.ts';
import { waitFor } from '../support/waitFor.ts';

const whyNot = whyNoBrowser();

describe.skipIf(whyNot !== undefined)(
  `the policy of the page${whyNot === undefined ? '' : `: ${whyNot}`}`,
  () => {
    let ground: ConsoleFleet;
    let page: Page;
    beforeAll(async () => {
      ground = await startConsoleFleet();
      ({ page } = ground.browser);
      await page.goto(ground.host.url);
      await logIn(page);
    });
    afterAll(async () => {
      await ground?.stop();
    });
    beforeEach((test) => tellWhenFailed(test, ground.browser));

    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const go = (path: string) => page.goto(`${ground.host.url}${path}`);
    const dialog = () => page.getByRole('dialog');

    it('forbids nothing of an editor with problems, completions, explanations and its search', async () => {
      await go('/publish/policy');
      await typeContent(page, 'startsecs = 0\n[include]\ncomand = /bin/sleep 1000\n');
      await page.locator('.cm-lintRange-error').first().hover();
      await page.locator('.cm-tooltip').first().waitFor();
      await typeContent(page, 'stdout_');
      await page.keyboard.press('Control+Space');
      await page.locator('.cm-tooltip-autocomplete li').first().waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await editorOf(page).getByText('stdout_').first().hover();
      await page.keyboard.press('Control+F');
      await page.keyboard.press('Escape');
      await page.keyboard.press('F8');
      expect(ground.browser.forbidden()).toEqual([]);
    });

    it('forbids nothing of a publish, its review and a roll-back', async () => {
      const { fleet } = ground;
      await go('/publish/policy');
      await typeContent(page, sleeper());
      await page.getByRole('textbox', { name: 'Placement' }).fill('web1');
      await button('Review and publish').click();
      await dialog().getByLabel('Why', { exact: true }).fill('first');
      await dialog().getByRole('button', { name: 'Publish', exact: true }).click();
      await waitUntilRuns(fleet, 'policy', ['web1']);
      await page.getByText('It runs everywhere').waitFor();

      await typeContent(page, `${sleeper()}startretries=7\n`);
      await button('Review and publish').click();
      await dialog().getByLabel('Why', { exact: true }).fill('second');
      const args = ['publish', 'policy', '--hosts', 'web2', '--file', '-', '-m', 'theirs'];
      const ahead = await fleet.run(args, `${sleeper()}startretries=8\n`);
      expect(ahead.code, ahead.stderr).toBe(0);
      await dialog().getByText('startretries=7').first().waitFor();
      await dialog().getByText('it was changed by somebody meanwhile').waitFor();
      await dialog().getByRole('button', { name: 'Back to the text' }).click();
      expect(ground.browser.forbidden()).toEqual([]);

      await go('/history/policy');
      const first = page.getByRole('listitem').filter({ hasText: 'first' });
      await first.getByRole('button', { name: 'Roll back to this' }).click();
      await dialog().getByText('What each host will do').waitFor();
      await dialog().getByLabel('Message').fill('back');
      await page.keyboard.press('Escape');
      expect(ground.browser.forbidden()).toEqual([]);
    });

    it('forbids nothing of the keys, the logs, the times and the dialogs of the fleet', async () => {
      await go(`/keys?key=${appsPrefix}/policy/ips`);
      await page.getByLabel('As it stands in etcd').fill('web1,web2');
      await page.getByRole('button', { name: /^Remove/ }).click();
      await dialog().waitFor();
      await page.keyboard.press('Escape');
      await go('/logs/web2/policy');
      await page.locator('main h1').first().waitFor();
      await go('/time/web1');
      await page.locator('main h1').first().waitFor();
      await go('/fleet?by=matrix');
      await page.locator('main h1').first().waitFor();
      await go('/fleet');
      await page.getByRole('button', { name: 'Stop: policy' }).first().click();
      await dialog().waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await dialog().waitFor();
      await page.keyboard.press('Escape');
      expect(ground.browser.forbidden()).toEqual([]);
      expect(ground.browser.complaints()).toEqual([]);
    });

    it('a dialog begins at its first field, not at what closes it', async () => {
      await ground.fleet.put('focused', 'web1', sleeper());
      await go('/publish/focused');
      await typeContent(page, `${sleeper()}startretries=17\n`);
      await button('Review and publish').click();
      await dialog().waitFor();
      const focused = await page.evaluate('document.activeElement.labels?.[0]?.textContent');
      expect(focused).toMatch(/^Why/);
      await page.keyboard.press('Escape');
    });

    it('what is typed over a key is there after a reload, until it is taken back', async () => {
      const key = `${appsPrefix}/typed/ips`;
      await ground.fleet.etcd.put(key, 'web1');
      await go(`/keys?key=${key}`);
      const field = page.getByLabel('As it stands in etcd');
      await field.fill('web1,web2');
      await page.reload();
      await waitFor('it to be there again', async () => (await field.inputValue()) === 'web1,web2');
      await button('Undo changes').click();
      await page.reload();
      await waitFor('what stands in etcd', async () => (await field.inputValue()) === 'web1');
    });

    it('is heard of whenever it forbids anything', async () => {
      await page.evaluate("document.body.setAttribute('style', 'color: red')");
      await waitFor('it', () => ground.browser.forbidden().length > 0);
      expect(ground.browser.forbidden()[0]).toContain('style-src');
    });
  },
);
