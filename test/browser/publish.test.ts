/** Publishing when something is the matter: a fault, somebody ahead, a rollout that fails, no right. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../support/agentHost.ts';
import { whyNoBrowser } from '../support/browser.ts';
import {
  type ConsoleFleet,
  logIn,
  pidsOf,
  publishAs,
  startConsoleFleet,
  tellWhenFailed,
  typeContent,
  waitUntilRuns,
} from '../support/consoleFleet.ts';
import { everywhere } from '../support/consoleHost.ts';
import { appsPrefix } from '../support/fleetHosts.ts';

const whyNot = whyNoBrowser();
const everyHost = ['web1', 'web2', 'web3'];
const users = {
  admin: [{ role: 'admin', ...everywhere }],
  otto: [{ role: 'operator', ...everywhere }],
  vera: [{ role: 'viewer', ...everywhere }],
} as const;

describe.skipIf(whyNot !== undefined)(
  `publishing in the page${whyNot === undefined ? '' : `: ${whyNot}`}`,
  () => {
    let ground: ConsoleFleet;
    let page: Page;
    beforeAll(async () => {
      ground = await startConsoleFleet({ users });
      ({ page } = ground.browser);
      await page.goto(ground.host.url);
      await logIn(page);
    });
    afterAll(async () => {
      await ground?.stop();
    });
    beforeEach((test) => tellWhenFailed(test, ground.browser));

    const open = async (app: string): Promise<void> => {
      await page.goto(`${ground.host.url}/publish/${app}`);
      await page.locator('.code-editor .cm-content').waitFor();
    };
    const placement = () => page.getByRole('textbox', { name: 'Placement' });
    const review = () => page.getByRole('button', { name: 'Review and publish' });
    const contentOf = async (app: string): Promise<string> => {
      const value = await ground.fleet.etcd.get(`${appsPrefix}/${app}/content`);
      return Buffer.from(value ?? '', 'base64').toString();
    };

    it('says what is wrong under the line, how to mend it, and does not publish it', async () => {
      await open('wrong');
      await typeContent(page, 'startsecs = 1\ncomand = /bin/sleep 1000');
      await placement().fill('web1');
      const problems = page.getByRole('list', { name: 'Problems of the content' });
      await problems.getByText('Line 2:').first().waitFor();
      await page.getByText('The content has errors.').waitFor();
      expect(await review().getAttribute('aria-disabled')).toBe('true');
      await review().click({ force: true });
      expect(await page.getByRole('dialog').count()).toBe(0);
      const marked = page.locator('.code-editor .cm-lintRange-error').first();
      expect(await marked.innerText()).toContain('comand');
      await marked.hover();
      await page.getByRole('button', { name: 'Write command' }).first().click();
      await problems.getByText('Line 2:').waitFor({ state: 'detached' });
      await publishAs(page, 'mended');
      await waitUntilRuns(ground.fleet, 'wrong', ['web1']);
      expect(await contentOf('wrong')).toContain('\ncommand = /bin/sleep 1000');
    });

    it('overwrites nobody: who was ahead is shown, and both are put together', async () => {
      const { fleet } = ground;
      await fleet.put('both', 'web1', 'command=/bin/sleep 1000\nstartsecs=1\n');
      await waitUntilRuns(fleet, 'both', ['web1']);
      await open('both');
      await typeContent(page, 'command=/bin/sleep 1001\nstartsecs=1\n');
      await review().click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Why', { exact: true }).fill('mine, at last');
      const theirs = 'command=/bin/sleep 1002\nstartsecs=1\n';
      const args = ['publish', 'both', '--hosts', 'web2', '--file', '-', '-m', 'theirs'];
      // The page does not get to hear of it in time: the server has to say so.
      let tellPage = (): void => undefined;
      const told = new Promise<void>((resolve) => {
        tellPage = resolve;
      });
      await page.route('**/api/apps/both', async (route) => {
        await told;
        await route.fallback();
      });
      const ahead = await fleet.run(args, theirs);
      expect(ahead.code, ahead.stderr).toBe(0);
      await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
      const conflict = page.getByRole('region', { name: 'Somebody else has published' });
      await conflict.getByText('sleep 1001').first().waitFor();
      await conflict.getByText('sleep 1002').first().waitFor();
      expect(await contentOf('both')).toBe(theirs);
      tellPage();

      const goOn = conflict.getByRole('button', { name: 'Go on with this choice' });
      expect(await goOn.getAttribute('aria-disabled')).toBe('true');
      await conflict
        .getByRole('group', { name: 'Content' })
        .getByRole('radio', { name: 'Take mine' })
        .check();
      await goOn.click();
      expect(await placement().inputValue()).toBe('web2');
      await review().click();
      expect(await dialog.getByLabel('Why', { exact: true }).inputValue()).toBe('mine, at last');
      await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
      await page.getByText('It runs everywhere').waitFor();
      await waitUntilRuns(fleet, 'both', ['web2']);
      expect(await contentOf('both')).toContain('sleep 1001');
      const { stdout } = await fleet.run(['history', 'both']);
      expect(stdout).toContain('theirs');
      expect(stdout).toContain('mine, at last');
    });

    it('takes no yes to a plan that somebody has made untrue meanwhile', async () => {
      const { browser, fleet } = ground;
      const begun = 'command=/bin/sleep 1000\nstartsecs=1\n';
      await fleet.put('late', 'web1', begun);
      await waitUntilRuns(fleet, 'late', ['web1']);
      await open('late');
      await placement().fill('web1,web2');
      await review().click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('row', { name: 'web2 Start' }).waitFor();
      await dialog.getByLabel('Why', { exact: true }).fill('one more host');
      const yes = dialog.getByRole('button', { name: 'Publish', exact: true });
      expect(await yes.getAttribute('aria-disabled')).toBeNull();

      await fleet.put('late', 'web3', begun);
      await dialog.getByText('Somebody else published this app a moment ago').waitFor();
      expect(await yes.getAttribute('aria-disabled')).toBe('true');
      expect(await dialog.getByText('What each host will do').count()).toBe(0);
      expect(await browser.accessibilityOfBoth()).toEqual([]);
      await yes.click({ force: true });
      await dialog.getByLabel('Why', { exact: true }).press('Enter');
      await dialog.getByText('Somebody else published this app a moment ago').waitFor();
      expect(await page.getByRole('region', { name: 'Somebody else' }).count()).toBe(0);
      expect(await fleet.etcd.get(`${appsPrefix}/late/ips`)).toBe('web3');

      await dialog.getByRole('button', { name: 'Back to the text' }).click();
      expect(await placement().inputValue()).toBe('web1,web2');
      await page.getByText('Somebody else changed it: compare first.').waitFor();
      expect(await review().getAttribute('aria-disabled')).toBe('true');
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      const conflict = page.getByRole('region', { name: 'Somebody else has published' });
      await conflict.getByRole('group', { name: 'Placement' }).getByText('Take mine').click();
      expect(await browser.accessibilityOfBoth()).toEqual([]);
      await conflict.getByRole('button', { name: 'Go on with this choice' }).click();
      await review().click();
      await dialog.getByRole('row', { name: 'web3 Stop' }).waitFor();
      await yes.click();
      await page.getByText('It runs everywhere').waitFor();
      await waitUntilRuns(fleet, 'late', ['web1', 'web2']);
    });

    it('halts a rollout at the host where it fails, says why, and puts it back', async () => {
      const { fleet } = ground;
      await open('roll');
      await typeContent(page, 'command = /bin/sleep 1000\nstartsecs = 1');
      await placement().fill('web1,web2,web3');
      await page.getByText('Rollout and health check').click();
      await page.getByLabel('Hosts out of service at once').fill('1');
      await publishAs(page, 'one after another');
      await page.getByText('It runs everywhere').waitFor();
      const before = await waitUntilRuns(fleet, 'roll', everyHost);

      await typeContent(page, 'command = /bin/false\nstartsecs = 1\nstartretries = 0');
      await review().click();
      await page.getByText('Hosts take turns: at most 1').waitFor();
      await page.getByRole('button', { name: 'Back to the text' }).click();
      await publishAs(page, 'it dies');
      await page.getByText('It does not run everywhere').waitFor();
      const progress = page.getByRole('region', { name: 'How far the hosts are' });
      await progress.getByRole('row').filter({ hasText: 'Rolled back' }).waitFor();
      expect(
        await progress
          .getByRole('row')
          .filter({ hasText: /Failed/ })
          .count(),
      ).toBe(1);
      await progress
        .getByRole('row')
        .filter({ hasText: /^web\dHalted/ })
        .first()
        .waitFor();
      const meanwhile = await pidsOf(fleet, 'roll');
      const untouched = everyHost.filter((name) => meanwhile[name] === before[name]);
      expect(untouched.length).toBeGreaterThanOrEqual(2);

      await progress.getByRole('link', { name: 'Roll back' }).click();
      await page
        .getByRole('list', { name: 'Changes' })
        .getByRole('listitem')
        .filter({ hasText: 'one after another' })
        .getByRole('button', { name: 'Roll back to this' })
        .click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('What each host will do').waitFor();
      await dialog.getByLabel('Message').fill('as it was');
      await dialog.getByRole('button', { name: 'Roll back', exact: true }).click();
      await page.getByText('It runs everywhere').waitFor();
      const back = await waitUntilRuns(fleet, 'roll', everyHost);
      expect(untouched.map((name) => back[name])).toEqual(untouched.map((name) => before[name]));
    });

    it('shows keys that nobody reads and half pairs, and changes them', async () => {
      const { etcd } = ground.fleet;
      const [half, strange] = [`${appsPrefix}/half/ips`, `${appsPrefix}/odd/one/deep`];
      await etcd.put(half, 'web1');
      await etcd.put(strange, 'what is that');
      await page.goto(ground.host.url);
      await page.getByRole('link', { name: 'Keys', exact: true }).click();
      await page.getByLabel('Only with remarks').check();
      const found = page.locator('.key-row').filter({ has: page.getByRole('link') });
      await found.filter({ hasText: 'no agent reads it' }).waitFor();
      expect(await found.count()).toBe(2);
      await found.filter({ hasNotText: 'no agent reads it' }).getByRole('link').click();
      await page.getByLabel('As it stands in etcd').fill('web1,web2');
      await page.getByLabel('Message').fill('one more');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(`${half} is saved`).waitFor();
      expect(await etcd.get(half)).toBe('web1,web2');

      await found.filter({ hasText: 'no agent reads it' }).getByRole('link').click();
      await page.getByRole('heading', { name: strange }).waitFor();
      await page.getByRole('button', { name: 'Remove' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('deep');
      const remove = dialog.getByRole('button', { name: 'Remove', exact: true });
      expect(await remove.getAttribute('aria-disabled')).toBe('true');
      await dialog.getByLabel('Message').fill('nobody reads it');
      await remove.click();
      await page.getByText(`${strange} is removed`).waitFor();
      expect(await etcd.get(strange)).toBeUndefined();
    });

    it.each(['vera', 'otto'])('lets %s look and not publish, by hand neither', async (user) => {
      const { browser, fleet, host } = ground;
      await fleet.put(`of-${user}`, 'web1', sleeper());
      await waitUntilRuns(fleet, `of-${user}`, ['web1']);
      await browser.context.clearCookies();
      await page.goto(host.url);
      await logIn(page, user);
      await page
        .getByRole('row')
        .filter({ hasText: `of-${user}` })
        .first()
        .waitFor();
      const places = page.getByRole('navigation', { name: 'Views' });
      expect(await places.getByRole('link', { name: 'Publish' }).count()).toBe(0);
      expect(await places.getByRole('link', { name: 'Keys' }).count()).toBe(0);
      const stops = page.getByRole('button', { name: `Stop: of-${user}` });
      if (user === 'otto') await stops.waitFor();
      else expect(await stops.count()).toBe(0);
      await page.goto(`${host.url}/publish/of-${user}`);
      await page.getByText('You may not see this').waitFor();
      expect(await review().count()).toBe(0);
      const answer: unknown = await page.evaluate(`(async () => {
        const session = await (await fetch('/api/session')).json();
        const { mark } = await (await fetch('/api/apps/of-${user}')).json();
        const answered = await fetch('/api/apps/of-${user}/publish', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-supervene-csrf': session.csrf },
          body: JSON.stringify({ expected: mark, ips: 'web2', message: 'by hand' }),
        });
        return answered.status + ' ' + (await answered.json()).code;
      })()`);
      expect(answer).toBe('403 Denied');
      expect(await fleet.etcd.get(`${appsPrefix}/of-${user}/ips`)).toBe('web1');
      expect(browser.complaints()).toEqual([]);
      expect(browser.strangers()).toEqual([]);
    });
  },
);
