/**
 * What tests of the page stand on: three hosts that work, a console that can read their logs, and a
 * browser with a person before it; and what such a person does again and again.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import type { TestContext } from 'vitest';
import type { Grant } from '../../src/domain/console/roles.ts';
import { type Browser, type BrowserOptions, startBrowser } from './browser.ts';
import { type ConsoleHost, passwordOf, startConsoleHost } from './consoleHost.ts';
import { type Fleet, startFleet } from './fleetHosts.ts';
import { freePort } from './freePort.ts';
import { createTempDir } from './tempDir.ts';
import { waitFor } from './waitFor.ts';

export interface ConsoleFleetOptions {
  readonly users?: Readonly<Record<string, readonly Grant[]>>;
  readonly browser?: BrowserOptions;
  /** More settings of every agent, by environment variable. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ConsoleFleet {
  readonly fleet: Fleet;
  readonly host: ConsoleHost;
  readonly browser: Browser;
  /** A folder of its own, for logs and the like. */
  readonly dir: string;
  stop(): Promise<void>;
}

/** Of `web1` to `web3`: their agents are heard there, so that consoles can ask for logs. */
export const addresses = ['127.0.0.11', '127.0.0.12', '127.0.0.13'] as const;
const names = ['web1', 'web2', 'web3'] as const;

export async function startConsoleFleet(options: ConsoleFleetOptions = {}): Promise<ConsoleFleet> {
  const dir = await createTempDir('page');
  const ends: (() => Promise<void>)[] = [() => dir.remove()];
  const stop = async (): Promise<void> => {
    for (const end of ends.toReversed()) await end();
  };
  try {
    const tokenFile = join(dir.path, 'token');
    writeFileSync(tokenFile, `${'e'.repeat(64)}\n`, { mode: 0o600 });
    const open = { SUPERVENE_LISTEN_TOKEN_FILE: tokenFile };
    const own: Record<string, Record<string, string>> = {};
    for (const [index, name] of names.entries()) {
      own[name] = {
        SUPERVENE_ADDRESSES: addresses[index] ?? '',
        SUPERVENE_LISTEN: `0.0.0.0:${String(await freePort())}`,
        ...open,
      };
    }
    const fleet = await startFleet({
      names,
      environmentOf: own,
      ...(options.environment === undefined ? {} : { environment: options.environment }),
    });
    ends.push(() => fleet.stop());
    await fleet.waitUntilReported();
    const host = await startConsoleHost({
      etcdEndpoint: fleet.etcd.endpoint,
      environment: open,
      ...(options.users === undefined ? {} : { users: options.users }),
    });
    ends.push(() => host.stop());
    const browser = await startBrowser(host.url, options.browser);
    ends.push(() => browser.stop());
    browser.context.setDefaultTimeout(60_000);
    return { fleet, host, browser, dir: dir.path, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the page said when a test failed, for whoever reads of it. */
export function tellWhenFailed(
  { onTestFailed }: Pick<TestContext, 'onTestFailed'>,
  { page }: Browser,
): void {
  onTestFailed(async () => {
    const said = await page.locator('body').innerText({ timeout: 5_000 });
    console.log(`the page on ${page.url()} says:\n${said}`);
  });
}

export async function logIn(page: Page, user = 'admin'): Promise<void> {
  await page.getByLabel('User', { exact: true }).fill(user);
  await page.getByLabel('Password', { exact: true }).fill(passwordOf(user));
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('link', { name: 'Fleet', exact: true }).waitFor();
}

/** The editor of the content, when it has come. */
export function editorOf(page: Page): Locator {
  return page.locator('.code-editor .cm-content');
}

/** In place of what stands there, key by key and as fast as the browser takes them. */
export async function typeContent(page: Page, text: string): Promise<void> {
  await editorOf(page).click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  await page.keyboard.type(text);
}

/** Reviewed, said why, and published. */
export async function publishAs(page: Page, message: string): Promise<void> {
  await page.getByRole('button', { name: 'Review and publish' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Why', { exact: true }).fill(message);
  await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
}

/** Of one app, by host; hosts where it does not run are left out. */
export async function pidsOf(fleet: Fleet, app: string): Promise<Readonly<Record<string, number>>> {
  const found = await Promise.all(
    fleet.hosts.map(async ({ name, pids }) => [name, (await pids())[app]] as const),
  );
  return Object.fromEntries(
    found.flatMap(([name, pid]) => (pid === undefined || pid === 0 ? [] : [[name, pid]])),
  );
}

export async function waitUntilRuns(fleet: Fleet, app: string, on: readonly string[]) {
  return waitFor(
    `${app} to run on ${on.join(', ')}`,
    async () => {
      const pids = await pidsOf(fleet, app);
      return Object.keys(pids).sort().join() === [...on].sort().join() && pids;
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  );
}

/** Tab, until what is called so has the focus. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 120; presses += 1) {
    if ((await focusedName(page)) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab leads to nothing that is called ${name}`);
}

/** What a screen reader would call it, from its label or its text. */
async function focusedName(page: Page): Promise<string> {
  const name: unknown = await page.evaluate(`(() => {
    let focused = document.activeElement;
    while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
    const said = focused?.getAttribute('aria-label') ?? focused?.labels?.[0]?.textContent;
    return said ?? focused?.textContent ?? '';
  })()`);
  return String(name).trim();
}
