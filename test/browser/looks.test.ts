/** How every view looks, in both languages, light and dark, wide and narrow; and what it runs. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../support/agentHost.ts';
import { whyNoBrowser } from '../support/browser.ts';
import {
  type ConsoleFleet,
  logIn,
  startConsoleFleet,
  tellWhenFailed,
  waitUntilRuns,
} from '../support/consoleFleet.ts';
import { appsPrefix, fleetPrefix } from '../support/fleetHosts.ts';
import { waitFor } from '../support/waitFor.ts';

const whyNot = whyNoBrowser();
const scheme = ['light', 'dark'] as const;
const ways = scheme.flatMap((colorScheme) =>
  (['en', 'zh'] as const).flatMap((language) =>
    [1280, 360].map((width) => ({ colorScheme, language, width })),
  ),
);
const views = [
  ...['/fleet', '/fleet?by=app', '/fleet?by=matrix', '/fleet?open=at:talks,web1'],
  ...[
    '/fleet?open=host:web1',
    '/fleet?open=app:talks',
    '/publish',
    '/publish/talks',
    '/publish/broken',
  ],
  ...['/history', '/history/talks', '/history?rollouts', '/logs/web1/talks', '/time/web1'],
  ...['/keys', `/keys?key=${appsPrefix}/talks/ips`, '/audit', '/nowhere'],
];
/** Markup as somebody might write it who means harm; each would leave a mark. */
const [script, image] = ['<script>hacked=1</script>', '<img src=x onerror=hacked=1>'];
const log = [
  ...[script, image, '\u001b[31mred\u001b[0m and plain', '\u001b]0;title\u0007\u202egnp.exe'],
  ...['\u001b]8;;javascript:hacked=1\u0007link\u001b]8;;\u0007', '\u0000\u0001\u0008\u009b2J'],
];

describe.skipIf(whyNot !== undefined)(
  `every view${whyNot === undefined ? '' : `: ${whyNot}`}`,
  () => {
    let ground: ConsoleFleet;
    let page: Page;
    const dialogs: string[] = [];
    beforeAll(async () => {
      ground = await startConsoleFleet();
      const { fleet, dir, browser, host } = ground;
      ({ page } = browser);
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      const file = join(dir, 'talks.log');
      appendFileSync(file, `${log.join('\n')}\n`);
      appendFileSync(file, Buffer.from([0xff, 0xfe, 0x80, 0x0a]));
      const body = `${sleeper()}stdout_logfile=${file}\n`;
      const said = ['--hosts', 'web1,web2', '--file', '-', '-m', `${script} ${image}`];
      const published = await fleet.run(['publish', 'talks', ...said], body);
      expect(published.code, published.stderr).toBe(0);
      // Agents quote what they do not know.
      await fleet.put('broken', 'web1', `${sleeper()}${image}=1\n`);
      await fleet.etcd.put(`${appsPrefix}/${image}/ips`, script);
      const report = { ...(await fleet.report('web3')), host: image };
      await fleet.etcd.put(`${fleetPrefix}/known/${image}`, JSON.stringify(report));
      await waitUntilRuns(fleet, 'talks', ['web1', 'web2']);
      await page.goto(host.url);
      await logIn(page);
    });
    afterAll(async () => {
      await ground?.stop();
    });
    beforeEach((test) => tellWhenFailed(test, ground.browser));

    it.each(ways)('is for everybody: $colorScheme, $language, $width px', async (way) => {
      const { host, browser } = ground;
      const { colorScheme, language, width } = way;
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 800 });
      await page.evaluate(`localStorage.setItem('supervene.language', '${language}')`);
      const found: string[] = [];
      for (const view of views) {
        await page.goto(`${host.url}${view}`);
        await settle(page);
        found.push(...(await faultsOf(view)));
      }
      const cookies = await browser.context.cookies();
      await browser.context.clearCookies();
      await page.goto(host.url);
      await page.locator('input[type=password]').waitFor();
      found.push(...(await faultsOf('the way in')));
      await browser.context.addCookies(cookies);
      expect(found).toEqual([]);
      expect(browser.complaints()).toEqual([]);
      expect(browser.strangers()).toEqual([]);
      expect(dialogs).toEqual([]);
      expect(await page.evaluate('String(globalThis.hacked)')).toBe('undefined');
    });

    it('shows markup, colours and bytes of a log as what they are', async () => {
      await page.goto(`${ground.host.url}/logs/web1/talks`);
      const lines = page.locator('.log-line');
      await lines.filter({ hasText: script }).waitFor();
      await lines.filter({ hasText: image }).waitFor();
      expect(await page.locator('.log-lines .ansi-fg-1').first().innerText()).toBe('red');
      expect(await page.locator('.log-lines img, .log-lines script, .log-lines a').count()).toBe(0);
      const shown = (await lines.allInnerTexts()).join('');
      expect(shown).toContain('gnp.exe');

      expect(shown).not.toMatch(
        /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
      );
    });

    it('shows markup in messages, reasons and names of hosts as text', async () => {
      const { host } = ground;
      await page.goto(`${host.url}/history/talks`);
      await page.getByText(`${script} ${image}`).waitFor();
      await page.goto(`${host.url}/fleet`);
      await page.getByRole('rowheader').getByText(image, { exact: true }).first().waitFor();
      await page.getByText(`"${image}" cannot be the name of an app`).first().waitFor();
      await page.goto(`${host.url}/keys?as=list`);
      await page.getByText(image).first().waitFor();
      expect(await page.locator('img, script:not([src])').count()).toBe(0);
      expect(await page.evaluate('String(globalThis.hacked)')).toBe('undefined');
      expect(dialogs).toEqual([]);
    });

    /** What axe has against it, and whether it goes sideways. */
    async function faultsOf(view: string): Promise<readonly string[]> {
      const wide = await page.evaluate(
        'Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - innerWidth',
      );
      const found = await ground.browser.accessibility();
      return [
        ...(Number(wide) > 0 ? [`${view}: ${String(wide)} px too wide`] : []),
        ...found.map((fault) => `${view}: ${fault}`),
      ];
    }
  },
);

/** Nothing is being asked for any more. */
async function settle(page: Page): Promise<void> {
  // In a narrow window the place below says where one is.
  await page.locator('main h1, main h2').first().waitFor({ state: 'attached' });
  await waitFor('the view to be there', async () => {
    const busy = await page.evaluate(
      'document.querySelectorAll(".spinner, [aria-busy=true]").length',
    );
    return busy === 0;
  });
}
