/**
 * The fleet's page in a real browser, scrolled from end to end while the fleet changes: how long it
 * keeps the browser from drawing and from hearing whoever sits before it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { type Browser, startBrowser } from '../../test/support/browser.ts';
import { passwordOf, startConsoleHost } from '../../test/support/consoleHost.ts';
import { startEtcd } from '../../test/support/etcd.ts';
import { fleetPrefix } from '../fleet/benchFleet.ts';
import { type Figure, percentile, type Run } from '../fleet/figure.ts';
import { generateFleet } from './generateFleet.ts';

export interface ScrollLoad {
  readonly hosts: number;
  readonly apps: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/** As fast as a wheel is turned; and as a scroll bar is drawn, all 50,000 rows in four seconds. */
const wheelPxPerSec = 5_000;
const dragPxPerSec = 425_000;

interface Seen {
  /** Of each task of 50 ms and more. */
  readonly longMs: readonly number[];
  /** Between one picture and the next. */
  readonly frameMs: readonly number[];
  readonly seconds: number;
}

export async function measureScrolling(load: ScrollLoad): Promise<Run> {
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const etcd = await startEtcd();
    stops.push(etcd.stop);
    const fleet = await generateFleet(etcd, load);
    const host = await startConsoleHost({
      etcdEndpoint: etcd.endpoint,
      environment: { SUPERVENE_FLEET_PREFIX: fleetPrefix },
    });
    stops.push(host.stop);
    const browser = await startBrowser(host.url);
    stops.push(browser.stop);
    const shownMs = await openFleet(browser, host.url);
    const { page } = browser;
    const still = await watch(page, load.seconds, 0);
    const quiet = await watch(page, load.seconds, wheelPxPerSec);
    const changes = fleet.changeSteadily(load.perSecond);
    stops.push(changes.stop);
    await sleep(2_000);
    const changing = await watch(page, load.seconds, 0);
    const both = await watch(page, load.seconds, wheelPxPerSec);
    const dragged = await watch(page, load.seconds, dragPxPerSec);
    const label = `${String(load.hosts)} x ${String(load.apps)}, in a browser`;
    const figures: readonly Figure[] = [
      { name: 'logged in to the list drawn', value: shownMs, unit: 'ms' },
      ...figuresOf('nothing happens', still),
      ...figuresOf('scrolled', quiet),
      ...figuresOf('changing', changing),
      ...figuresOf('scrolled while changing', both),
      ...figuresOf('dragged through it all', dragged),
      { name: 'memory of the page', value: await heapMb(page), unit: 'MB' },
    ];
    return { label, figures, notes: [] };
  } finally {
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
  }
}

/** Logged in, all groups there; how long after the log-in. */
async function openFleet({ page, context }: Browser, url: string): Promise<number> {
  context.setDefaultTimeout(120_000);
  await page.goto(url);
  await page.getByLabel('User', { exact: true }).fill('admin');
  await page.getByLabel('Password', { exact: true }).fill(passwordOf('admin'));
  const startMs = performance.now();
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.locator('.fleet-list .fleet-line').nth(5).waitFor();
  const shownMs = performance.now() - startMs;
  // Groups of a large fleet are folded: all 50,000 rows are to be there.
  const folded = page.locator('.fleet-group[aria-expanded=false] .fleet-fold');
  await page.goto(`${url}/fleet?by=app`);
  await page.locator('.fleet-list .fleet-line').nth(5).waitFor();
  for (let opened = 0; opened < 200 && (await folded.count()) > 0; opened += 1) {
    await folded.last().click();
  }
  return shownMs;
}

async function watch(page: Page, seconds: number, pxPerSec: number): Promise<Seen> {
  return (await page.evaluate(`(${watchInPage})(${String(seconds)}, ${String(pxPerSec)})`)) as Seen;
}

/** In the page: down the list, and up again from its end. */
const watchInPage = `async (seconds, pxPerSec) => {
  const longMs = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longMs.push(duration);
  });
  observer.observe({ type: 'longtask' });
  const list = document.querySelector('.fleet-list');
  const [frameMs, start] = [[], performance.now()];
  for (let last = start, now = start; now - start < seconds * 1000; last = now) {
    now = await new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
    frameMs.push(now - last);
    const far = list.scrollHeight - list.clientHeight;
    const way = ((now - start) / 1000 * pxPerSec) % (2 * far);
    if (pxPerSec > 0) list.scrollTop = way < far ? way : 2 * far - way;
  }
  observer.disconnect();
  return { longMs, frameMs, seconds: (performance.now() - start) / 1000 };
}`;

function figuresOf(when: string, { longMs, frameMs, seconds }: Seen): readonly Figure[] {
  const blocked = longMs.reduce((sum, ms) => sum + Math.max(0, ms - 50), 0);
  return [
    { name: `${when}: pictures`, value: frameMs.length / seconds, unit: 'per second' },
    { name: `${when}: between two, p95`, value: percentile(frameMs, 95), unit: 'ms' },
    { name: `${when}: long tasks`, value: longMs.length / seconds, unit: 'per second' },
    { name: `${when}: the longest`, value: Math.max(0, ...longMs), unit: 'ms' },
    { name: `${when}: beyond 50 ms, in a second`, value: blocked / seconds, unit: 'ms' },
  ];
}

async function heapMb(page: Page): Promise<number> {
  return Number(await page.evaluate('performance.memory.usedJSHeapSize')) / 1_000_000;
}
