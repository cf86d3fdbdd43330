/** The alarm: what it is raised for, that it is heard and seen, and that it can be silenced. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../support/agentHost.ts';
import { whyNoBrowser } from '../support/browser.ts';
import {
  type ConsoleFleet,
  logIn,
  pidsOf,
  startConsoleFleet,
  tellWhenFailed,
  waitUntilRuns,
} from '../support/consoleFleet.ts';
import { waitFor } from '../support/waitFor.ts';

const whyNot = whyNoBrowser();
const frailApps = ['first', 'second', 'third', 'fourth'];

const broken = 'command=/bin/false\nstartsecs=1\nstartretries=0\n';

/** What is heard and shown is written down; whether somebody looks at the page is up to the test. */
const stubs = `
  globalThis.tones = 0;
  globalThis.notified = [];
  globalThis.isAway = false;
  globalThis.AudioContext = class {
    currentTime = 0;
    destination = {};
    async resume() {}
    createOscillator() {
      return { frequency: {}, connect: (next) => next, start: () => { tones += 1; }, stop() {} };
    }
    createGain() {
      const gain = { setValueAtTime() {}, exponentialRampToValueAtTime() {} };
      return { gain, connect: (next) => next };
    }
  };
  globalThis.Notification = class {
    static permission = 'default';
    static async requestPermission() { return (this.permission = 'granted'); }
    constructor(title, { body }) { notified.push(title + ': ' + body); }
    close() {}
  };
  Object.defineProperty(document, 'hidden', { get: () => isAway });
`;

describe.skipIf(whyNot !== undefined)(
  `the alarm${whyNot === undefined ? '' : `: ${whyNot}`}`,
  () => {
    let ground: ConsoleFleet;
    let page: Page;
    beforeAll(async () => {
      ground = await startConsoleFleet();
      const { browser, fleet, host } = ground;
      ({ page } = browser);
      // It was never well: nobody wants to be woken for it.
      await fleet.put('never', 'web3', broken);
      for (const app of frailApps) await fleet.put(app, 'web1', frail(app));
      await fleet.put('newer', 'web2', sleeper());
      for (const app of frailApps) await waitUntilRuns(fleet, app, ['web1']);
      await waitUntilRuns(fleet, 'newer', ['web2']);
      await waitFor('a program that is FATAL', async () =>
        JSON.stringify(await fleet.report('web3')).includes('FATAL'),
      );
      await page.addInitScript(stubs);
      await page.goto(host.url);
      await logIn(page);
      await row('never').getByText('FATAL').first().waitFor();
    });
    afterAll(async () => {
      await ground?.stop();
    });
    beforeEach((test) => tellWhenFailed(test, ground.browser));

    /** As long as this file is there the program does not start. */
    const fileOf = (app: string): string => join(ground.dir, `broken-${app}`);
    const frail = (app: string): string => {
      const script = `test -e ${fileOf(app)} && exit 1; exec sleep 1000`;
      return `command=/bin/sh -c '${script}'\nstartsecs=1\nstartretries=0\nautorestart=true\n`;
    };
    const row = (app: string) => page.getByRole('row').filter({ hasText: app });
    const raised = () => page.getByRole('region', { name: 'Since you opened this page' });
    const tones = async (): Promise<number> => Number(await page.evaluate('tones'));
    const title = (text: string) =>
      waitFor(`the title ${text}`, async () => (await page.title()) === text);
    const choose = async (entry: string): Promise<void> => {
      await page.getByRole('button', { name: /^Alarm/ }).click();
      await page.getByRole('menuitemradio', { name: entry, exact: true }).click();
    };
    /** The program dies, and does not come back. */
    const breakApp = async (app: string): Promise<void> => {
      writeFileSync(fileOf(app), '');
      const pid = (await pidsOf(ground.fleet, app))['web1'] ?? 0;
      expect(pid).toBeGreaterThan(0);
      process.kill(pid, 'SIGKILL');
      await raised().getByText(`FATAL: ${app}:${app} @ web1`).waitFor();
    };

    it('is heard and seen when a program goes FATAL, and not for what was so before', async () => {
      const { browser, fleet } = ground;
      expect(await page.title()).toBe('Fleet · supervene');
      expect(await raised().count()).toBe(0);
      expect(await tones()).toBe(0);
      await breakApp('first');
      await title('(1!) Fleet · supervene');
      expect(await tones()).toBe(4);
      expect(await page.evaluate('notified')).toEqual([]);
      expect(await browser.accessibilityOfBoth()).toEqual([]);

      await page.reload();
      await row('first').getByText('FATAL').first().waitFor();
      await page.getByText('Live', { exact: true }).waitFor();
      expect(await page.title()).toBe('Fleet · supervene');
      expect(await tones()).toBe(0);
      rmSync(fileOf('first'));
      const started = await fleet.run(['start', 'first']);
      expect(started.code, started.stderr).toBe(0);
      await waitUntilRuns(fleet, 'first', ['web1']);
    });

    it('says when it is over, and is put aside by whoever has seen it', async () => {
      const { fleet } = ground;
      await breakApp('second');
      await raised().getByRole('link').click();
      const details = page.getByRole('complementary');
      await details.getByText('second @ web1').first().waitFor();
      rmSync(fileOf('second'));
      const started = await fleet.run(['start', 'second']);
      expect(started.code, started.stderr).toBe(0);
      await raised().getByText('over').waitFor();
      await raised().getByRole('button', { name: 'Seen' }).click();
      await raised().waitFor({ state: 'detached' });
      expect(await page.title()).not.toContain('!');
      expect(await tones()).toBe(4);
    });

    it('is seen and not heard while it is muted, also after the page was loaded anew', async () => {
      await choose('Mute for 10 minutes');
      await page.getByRole('button', { name: 'Alarm, muted' }).waitFor();
      await page.reload();
      await row('third').first().waitFor();
      await page.getByRole('button', { name: 'Alarm, muted' }).waitFor();
      await breakApp('third');
      expect(await page.title()).toMatch(/^\(1!\) /);
      expect(await tones()).toBe(0);
      await choose('On');
      await breakApp('fourth');
      expect(await page.title()).toMatch(/^\(2!\) /);
      expect(await tones()).toBe(4);
    });

    it('tells by the browser that an app was rolled back, to whoever looks elsewhere', async () => {
      const { fleet, host } = ground;
      await page.goto(`${host.url}/history`);
      await page.goto(`${host.url}/fleet`);
      await row('newer').first().waitFor();
      await choose('Also when I look elsewhere');
      await page.evaluate('isAway = true');
      await page.getByRole('link', { name: 'History', exact: true }).click();
      await fleet.put('newer', 'web2', broken);
      await waitFor('a notification', async () =>
        String(await page.evaluate('notified.join()')).includes('Rolled back: newer @ web2'),
      );
      expect(await page.title()).toMatch(/^\(\d!\) History · supervene$/);
      expect(await tones()).toBeGreaterThan(0);
      await page.getByRole('link', { name: /^Fleet/ }).click();
      await raised().getByText('Rolled back: newer @ web2').waitFor();
      expect(ground.browser.complaints()).toEqual([]);
      expect(ground.browser.strangers()).toEqual([]);
    });
  },
);
