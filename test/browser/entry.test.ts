/** The way in, in a real browser. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, startBrowser, whyNoBrowser } from '../support/browser.ts';
import { type ConsoleHost, passwordOf, startConsoleHost } from '../support/consoleHost.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';

const whyNot = whyNoBrowser();

describe.skipIf(whyNot !== undefined)(
  `the way in${whyNot === undefined ? '' : `: ${whyNot}`}`,
  () => {
    let etcd: Etcd;
    let host: ConsoleHost;
    let browser: Browser;
    beforeAll(async () => {
      etcd = await startEtcd();
      host = await startConsoleHost({ etcdEndpoint: etcd.endpoint });
      browser = await startBrowser(host.url);
    });
    afterAll(async () => {
      await browser?.stop();
      await host?.stop();
      await etcd?.stop();
    });

    it('asks who is there, refuses a wrong password, and lets in', async () => {
      const { page } = browser;
      await page.goto(host.url);
      await page.getByLabel('User').fill('admin');
      await page.getByLabel('Password').fill('wrong, surely');
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('alert').waitFor();
      await page.getByLabel('Password').fill(passwordOf('admin'));
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('link', { name: 'Fleet' }).waitFor();
      expect(await browser.accessibility()).toEqual([]);
      expect(browser.complaints()).toEqual([]);
      expect(browser.strangers()).toEqual([]);
    });
  },
);
