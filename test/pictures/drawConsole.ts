/** The console's pages in a browser, before the demo's cluster: docs/pictures/console-*.png. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { startBrowser, whyNoBrowser } from '../support/browser.ts';
import { logIn } from '../support/consoleFleet.ts';
import { startConsoleHost } from '../support/consoleHost.ts';
import { findProjectRoot } from '../support/findProjectRoot.ts';

const folder = join(findProjectRoot(), 'docs/pictures');

export interface ConsoleScene {
  readonly etcdEndpoint: string;
  /** An app that runs on all hosts, and where it does. */
  readonly app: string;
  readonly addresses: readonly string[];
  /** An app that was put back, and the host that did. */
  readonly failed: { readonly app: string; readonly host: string };
}

/** The fleet; a plan before a publish, in the dark; and what is the matter, in Chinese. */
export async function drawConsole(scene: ConsoleScene): Promise<void> {
  const whyNot = whyNoBrowser();
  if (whyNot !== undefined) {
    console.log(`no pictures of the console: ${whyNot}`);
    return;
  }
  const { etcdEndpoint, app, addresses, failed } = scene;
  const host = await startConsoleHost({ etcdEndpoint });
  const browser = await startBrowser(host.url, { width: 1180, height: 660 });
  const { page } = browser;
  page.setDefaultTimeout(120_000);
  const look = (language: 'en' | 'zh', theme: 'light' | 'dark') =>
    page.evaluate(
      `localStorage.setItem('supervene.language', '${language}'),
       localStorage.setItem('supervene.theme', '${theme}')`,
    );
  try {
    await page.goto(host.url);
    await logIn(page);
    await look('en', 'light');
    await page.goto(`${host.url}/fleet?open=at:${failed.app},${failed.host}`);
    await draw(page, 'console-fleet', page.locator('.fleet-details .fleet-one'));

    await look('en', 'dark');
    await page.goto(`${host.url}/publish/${app}`);
    const editor = page.locator('.code-editor .cm-content');
    await editor.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('stopwaitsecs = 20\n');
    await page.getByRole('textbox', { name: 'Placement' }).fill(addresses.slice(0, -1).join(','));
    await page.getByRole('button', { name: 'Review and publish' }).click();
    const dialog = page.getByRole('dialog');
    await draw(page, 'console-plan', dialog.getByRole('row').nth(addresses.length));
    await dialog.getByRole('button', { name: 'Back to the text' }).click();
    await page.getByRole('button', { name: 'Discard my changes' }).click();

    await look('zh', 'light');
    await page.goto(`${host.url}/history/${failed.app}?show=`);
    await page.locator('.history-entry button').first().click();
    await draw(page, 'console-history-zh', page.locator('.diff').first());
  } finally {
    await browser.stop();
    await host.stop();
  }
}

/** As soon as that is to be seen. */
async function draw(page: Page, name: string, seen: Locator): Promise<void> {
  await seen.first().waitFor();
  await page.mouse.move(0, 0);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  console.log(`docs/pictures/${name}.png: ${String(Math.ceil(statSync(path).size / 1024))} KiB`);
}
