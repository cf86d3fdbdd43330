/** The log of a process as it is looked at: it grows, is searched, held still, and taken home. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
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

const whyNot = whyNoBrowser();
const linesOf = (word: string, count: number): string =>
  Array.from({ length: count }, (_, n) => `${word} ${String(n)}.\n`).join('');
/** Every byte, colours, what moves the cursor, a line that is written over, and no end of line. */
const allBytes = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from('\n\u001b[1;31mred\u001b[0m\u001b[2J\u001b]0;title\u0007\r10 %\r20 %\n中文\n'),
  Buffer.from([0xff, 0xfe, 0xc3, 0x28]),
]);

describe.skipIf(whyNot !== undefined)(
  `the log of a process${whyNot === undefined ? '' : `: ${whyNot}`}`,
  () => {
    let ground: ConsoleFleet;
    let page: Page;
    let file = '';
    beforeAll(async () => {
      ground = await startConsoleFleet();
      const { browser, dir, fleet, host } = ground;
      ({ page } = browser);
      file = join(dir, 'talk.log');
      const errors = join(dir, 'talk.err');
      const logs = `stdout_logfile=${file}\nstderr_logfile=${errors}\n`;
      writeFileSync(errors, 'something is wrong\n');
      await fleet.put('talk', 'web2', `${sleeper()}${logs}`);
      await waitUntilRuns(fleet, 'talk', ['web2']);
      await page.goto(`${host.url}/logs/web2/talk`);
      await logIn(page, 'admin');
      await page.getByText('Nothing has been written yet').waitFor();
    });
    afterAll(async () => {
      await ground?.stop();
    });
    beforeEach((test) => tellWhenFailed(test, ground.browser));

    const write = (text: string | Buffer): void => appendFileSync(file, text);
    const line = (text: string) => page.locator('.log-line').getByText(text, { exact: true });
    const search = () => page.getByRole('searchbox', { name: 'Search in what is loaded' });
    /** Told from all that is loaded, not from what is drawn. */
    const waitForHits = async (text: string, words: string): Promise<void> => {
      await search().fill(text);
      await page.getByRole('status').getByText(words, { exact: true }).waitFor();
    };

    it('shows what is written as it is written', async () => {
      for (const word of ['one', 'two', 'three']) {
        write(`${word}\n`);
        await line(word).waitFor();
      }
      // A line that is not at its end yet.
      write('half of ');
      await line('half of').waitFor();
      write('it\n');
      await line('half of it').waitFor();
      await page.getByText('4 lines').waitFor();
      await page.getByLabel('Stream').selectOption('stderr');
      await line('something is wrong').waitFor();
      await page.getByLabel('Stream').selectOption('stdout');
      await line('half of it').waitFor();
    });

    it('finds a text, from the newest on, and what comes while it is looked for', async () => {
      write(linesOf('needle', 30) + linesOf('straw', 400));
      await line('straw 399.').waitFor();
      expect(await line('needle 3.').count()).toBe(0);
      await waitForHits('needle', '– of 30');
      await search().press('Enter');
      await page.getByRole('status').getByText('30 of 30').waitFor();
      await line('needle 29.').waitFor();
      await page.getByRole('button', { name: 'Previous hit' }).click();
      await page.getByRole('status').getByText('29 of 30').waitFor();
      expect(await page.locator('.log-hit.is-current').innerText()).toBe('needle');
      write('a Needle more\n');
      await page.getByRole('status').getByText('29 of 31').waitFor();
      await waitForHits('Needle', '– of 1');
      expect(page.url()).toContain('find=Needle');
      await waitForHits('nobody wrote that', 'Not found');
      await search().fill('');
      expect(await ground.browser.accessibilityOfBoth()).toEqual([]);
    });

    it('is held still by a pause, and has all that came meanwhile after it', async () => {
      const end = page.getByRole('button', { name: 'To the end' });
      if ((await end.count()) > 0) await end.click();
      write('before\n');
      await line('before').waitFor();
      await page.getByRole('button', { name: 'Pause' }).click();
      write(linesOf('meanwhile', 700));
      await page.getByRole('button', { name: 'Resume (700 new)' }).waitFor();
      expect(await page.getByText('meanwhile').count()).toBe(0);
      await line('before').waitFor();
      await page.getByRole('button', { name: 'Resume (700 new)' }).click();
      await line('meanwhile 699.').waitFor();
      await waitForHits('meanwhile', '– of 700');
      for (const n of [0, 350, 699]) await waitForHits(`meanwhile ${String(n)}.`, '– of 1');
      await search().fill('');
    });

    it('goes on where it was when the console was away, and loses and repeats nothing', async () => {
      const { host } = ground;
      await host.kill();
      write(linesOf('away', 200));
      await host.start();
      await line('away 199.').waitFor();
      write('back\n');
      await line('back').waitFor();
      await waitForHits('away', '– of 200');
      await waitForHits('meanwhile', '– of 700');
      await waitForHits('needle', '– of 31');
      await search().fill('');
    });

    it('is downloaded as it stands on the host, byte for byte', async () => {
      // More than one answer of an agent has.
      write(linesOf(`much ${'.'.repeat(100)}`, 9_000));
      for (let times = 0; times < 3; times += 1) write(allBytes);
      await page.reload();
      await page.locator('.log-line').getByText('20 %').first().waitFor();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download' }).click(),
      ]);
      const there = readFileSync(file);
      const got = readFileSync(await download.path());
      expect(there.length).toBeGreaterThan(900_000);
      expect(got.equals(there)).toBe(true);
      expect(download.suggestedFilename()).toMatch(/talk.*web2|web2.*talk/);
      expect(await page.title()).toContain('talk');
    });

    it('begins anew when the file was rotated, and says so', async () => {
      writeFileSync(file, 'a new file\n');
      await line('a new file').waitFor();
      await page.getByText('The log was rotated or cut off here').waitFor();
      expect(ground.browser.complaints()).toEqual([]);
      expect(ground.browser.strangers()).toEqual([]);
    });
  },
);
