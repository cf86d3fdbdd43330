/** The past of a host in a real browser: the same as `supervene replay` says there. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runSupervene } from '../support/agent.ts';
import { sleeper } from '../support/agentHost.ts';
import { whyNoBrowser } from '../support/browser.ts';
import {
  addresses,
  type ConsoleFleet,
  logIn,
  startConsoleFleet,
  tellWhenFailed,
  waitUntilRuns,
} from '../support/consoleFleet.ts';
import { waitFor } from '../support/waitFor.ts';

const whyNot = whyNoBrowser();
const secret = 'SECRET_CANARY_3';

interface Chain {
  readonly status: string;
  readonly statusSeq: number;
  readonly chain: readonly {
    readonly seq: number;
    readonly remarks: readonly { readonly kind: string; readonly because?: string }[];
  }[];
}

interface State {
  readonly desired: { readonly apps: readonly { app: string; revision?: string }[] };
  readonly actual: { readonly apps: readonly { app: string; status: string }[] };
}

describe.skipIf(whyNot !== undefined)(
  `the past${whyNot === undefined ? '' : `: ${whyNot}`}`,
  () => {
    let ground: ConsoleFleet;
    let page: Page;
    beforeAll(async () => {
      ground = await startConsoleFleet();
      const { fleet, browser, host } = ground;
      ({ page } = browser);
      const environment = `environment=PASSWORD="${secret}"\n`;
      await publish(`${sleeper()}${environment}`, 'the first');
      await waitUntilRuns(fleet, 'web', ['web1']);
      await publish(`command=/bin/false\nstartsecs=1\nstartretries=0\n${environment}`, 'it fails');
      await waitFor('the old one to be put back', async () => {
        const { stdout } = await replay('--explain', 'web');
        return /"status":\s*"quarantined"/.test(stdout) && stdout.includes('runs well');
      });
      await page.goto(host.url);
      await logIn(page);
    });
    afterAll(async () => {
      await ground?.stop();
    });
    beforeEach((test) => tellWhenFailed(test, ground.browser));

    async function publish(body: string, message: string): Promise<void> {
      const said = ['--hosts', addresses[0], '--file', '-', '-m', message];
      const { code, stderr } = await ground.fleet.run(['publish', 'web', ...said], body);
      expect(code, stderr).toBe(0);
    }

    function replay(...args: readonly string[]) {
      const { journalDir } = ground.fleet.host('web1').agent;
      return runSupervene(['replay', journalDir, '--json', ...args], {});
    }

    async function replayed<T>(...args: readonly string[]): Promise<T> {
      const { code, stdout, stderr } = await replay(...args);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as T;
    }

    const seqOf = (url: string): number => Number(new URL(url).searchParams.get('seq') ?? NaN);

    /** The moment that is shown is the one in the address. */
    async function settledSeq(): Promise<number> {
      return waitFor('the moment to be shown', async () => {
        const seq = seqOf(page.url());
        const shown = await page.locator('.time-moment h2').innerText();
        return shown.startsWith(`Event ${String(seq)} `) && seq;
      });
    }

    /** What stands on the page says what replay says of that event. */
    async function expectAsReplayed(seq: number): Promise<void> {
      const said = await replayed<Chain>('--explain', 'web', '--at', String(seq));
      const links = page.locator('.time-chain li > a');
      expect((await links.allInnerTexts()).map(Number)).toEqual(said.chain.map((one) => one.seq));
      const kinds = await page.locator('.time-chain .time-kind').allInnerTexts();
      expect(kinds).toEqual(said.chain.flatMap(({ remarks }) => remarks.map(({ kind }) => kind)));
      const summary = `web is ${said.status}, since event ${String(said.statusSeq)}`;
      await page.getByText(summary).waitFor();
      const { desired, actual } = await replayed<State>('--at', String(seq), '--state');
      const row = await page.locator('.time-table tbody tr').filter({ hasText: 'web' }).innerText();
      const wanted = desired.apps.find(({ app }) => app === 'web')?.revision;
      expect(row).toContain(`revision ${wanted ?? 'none'}`);
      expect(row).toContain(actual.apps.find(({ app }) => app === 'web')?.status ?? 'no status');
    }

    it('is reached from an app on a host, and goes by keys through every moment', async () => {
      const { host } = ground;
      await page.goto(`${host.url}/fleet?open=at:web,web1`);
      await page.locator('#main').getByRole('link', { name: 'Time', exact: true }).click();
      await page.waitForURL(/\/time\/web1\?app=web/);
      await page.locator('.time-moment').waitFor();
      const slider = page.getByRole('slider', { name: 'Moment' });
      await slider.focus();

      await page.keyboard.press('Home');
      await page.waitForURL(/seq=/);
      const first = await settledSeq();
      const seen: number[] = [first];
      for (let presses = 0; presses < 6; presses += 1) {
        await page.keyboard.press(presses % 2 === 0 ? 'ArrowRight' : 'ArrowUp');
        await waitFor('another moment', async () => (await settledSeq()) !== seen.at(-1));
        seen.push(await settledSeq());
      }
      // On and back by turns: the second one again and again, and the first one.
      expect(new Set(seen).size).toBe(2);
      expect(Math.min(...seen)).toBe(first);

      await page.keyboard.press('End');
      await page.waitForURL((url) => !url.search.includes('seq='));
      await page.getByRole('button', { name: 'Following the newest' }).waitFor();
      await page.keyboard.press('ArrowLeft');
      await page.waitForURL(/seq=/);
      const before = await settledSeq();
      await expectAsReplayed(before);
      await page.keyboard.press('PageUp');
      await waitFor('an earlier moment', async () => (await settledSeq()) < before);
      await expectAsReplayed(await settledSeq());
    });

    it('shows what was desired, actual and planned change, and why', async () => {
      const { host } = ground;
      const { events } = await replayed<{
        events: readonly {
          seq: number;
          remarks: readonly { kind: string; app?: string; because?: string }[];
        }[];
      }>('--app', 'web');
      const failed = events.find(({ remarks }) => remarks.some(({ kind }) => kind === 'failed'));
      const learned = events.find(({ remarks }) =>
        remarks.some(({ kind, app }) => kind === 'learned' && app === 'web'),
      );
      const rows: string[] = [];
      for (const one of [learned, failed]) {
        await page.goto(`${host.url}/time/web1?app=web&seq=${String(one?.seq)}`);
        await page.locator('.time-moment').waitFor();
        const seq = await settledSeq();
        await expectAsReplayed(seq);
        rows.push(await page.locator('.time-table tbody').innerText());
      }
      expect(rows[0]).not.toBe(rows[1]);
      expect(rows[1]).toContain('quarantined');
      // What is due then, and what is being carried out a moment later: the last good one is put back.
      const begun = events.find(({ remarks }) =>
        remarks.some(({ because }) => because === 'the last good version is put back'),
      );
      for (const seq of [(begun?.seq ?? 0) - 1, begun?.seq]) {
        await page.goto(`${host.url}/time/web1?app=web&all=1&seq=${String(seq)}`);
        await page.locator('.time-moment').waitFor();
        expect(await settledSeq()).toBe(seq);
        await page.locator('.time-steps').getByText('the last good version is put back').waitFor();
        const isRunning = (await page.getByText('is being carried out').count()) === 1;
        expect(isRunning).toBe(seq === begun?.seq);
      }
      // The reasons lead to their moments.
      const link = page.locator('.time-chain li > a').last();
      const to = Number(await link.innerText());
      await link.click();
      await page.waitForURL(new RegExp(`seq=${String(to)}\\b`));
      await waitFor('that moment', async () => (await settledSeq()) === to);
    });

    it.each([
      { colorScheme: 'light', language: 'en', width: 1280 },
      { colorScheme: 'dark', language: 'zh', width: 360 },
    ] as const)('is for everybody: $colorScheme, $language, $width px', async (way) => {
      const { host, browser } = ground;
      await page.emulateMedia({ colorScheme: way.colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width: way.width, height: 800 });
      await page.evaluate(`localStorage.setItem('supervene.language', '${way.language}')`);
      await page.goto(`${host.url}/time/web1?app=web`);
      await page.locator('.time-chain li').first().waitFor();
      expect(await browser.accessibility()).toEqual([]);
      const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(wide).toBe(0);
      // The chosen event is seen whole.
      await waitFor('the chosen event in the list', () =>
        page.evaluate<boolean>(`(() => {
          const list = document.querySelector('.time-events .virtual')?.getBoundingClientRect();
          const row = list && document.querySelector('.time-event.is-chosen')?.getBoundingClientRect();
          return Boolean(row) && row.top >= list.top - 1 && row.bottom <= list.bottom + 1;
        })()`),
      );
      const said = await page.locator('body').innerText();
      expect(said).not.toContain(secret);
      if (way.language === 'zh') {
        expect(await page.locator('.time-kind').first().innerText()).toMatch(/^\p{Script=Han}+$/u);
        expect(said).toContain('已隔离');
      }
      expect(browser.complaints()).toEqual([]);
      expect(browser.strangers()).toEqual([]);
    });
  },
);
