/**
 * A real browser, Debian's Chromium, with a folder of its own, which may go nowhere but to the console
 * under test: each request for another host is remembered, and has no place in any test.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { createTempDir } from './tempDir.ts';

/** Undefined when there is a browser; otherwise the reason for a skip. */
export function whyNoBrowser(): string | undefined {
  return findChromium() === undefined ? 'there is no chromium in PATH' : undefined;
}

export interface BrowserOptions {
  readonly width?: number;
  readonly height?: number;
  readonly isDark?: boolean;
  readonly language?: 'en' | 'zh-CN';
  /** A phone: it is touched, and has no mouse. */
  readonly isPhone?: boolean;
}

export interface Browser {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What a person could not see but should know: errors of scripts, refusals by the page's policy. */
  readonly complaints: () => readonly string[];
  /** What the policy of any page has forbidden since the start: which rule, what, and where from. */
  readonly forbidden: () => readonly string[];
  /** URLs of other hosts that the page asked for. */
  readonly strangers: () => readonly string[];
  /** Each serious finding of axe as a line; empty when there is none. */
  readonly accessibility: () => Promise<readonly string[]>;
  /** In the dark and in the light, of what is shown now. */
  readonly accessibilityOfBoth: () => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
}

export async function startBrowser(url: string, options: BrowserOptions = {}): Promise<Browser> {
  const { width = 1280, height = 800, isDark = false, isPhone = false } = options;
  const dir = await createTempDir('browser');
  const context = await chromium.launchPersistentContext(dir.path, {
    executablePath: findChromium() ?? 'chromium',
    headless: true,
    args: flags,
    viewport: { width, height },
    locale: options.language ?? 'en',
    colorScheme: isDark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    acceptDownloads: true,
    ...(isPhone ? { hasTouch: true, isMobile: true } : {}),
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  const strangers: string[] = [];
  const forbidden: string[] = [];
  await context.exposeBinding('tellForbidden', (_source, what: string) => {
    forbidden.push(what);
  });
  await context.addInitScript(`
    document.addEventListener('securitypolicyviolation', (event) => {
      const { effectiveDirective, blockedURI, sample, sourceFile, lineNumber } = event;
      const at = sourceFile + ':' + lineNumber + ' on ' + location.href;
      tellForbidden([effectiveDirective, blockedURI, sample, at].join(' '));
    });
  `);
  const { origin } = new URL(url);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // Refused requests are told there too; what the page makes of them is for the tests.
    const isRequest = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isRequest) complaints.push(message.text());
  });
  await context.route('**', async (route) => {
    const asked = route.request().url();
    if (asked.startsWith(`${origin}/`) || /^(?:data|blob):/.test(asked)) return route.continue();
    strangers.push(asked);
    return route.abort();
  });
  return {
    context,
    page,
    complaints: () => complaints,
    forbidden: () => forbidden,
    strangers: () => strangers,
    accessibility: () => findSerious(page),
    accessibilityOfBoth: async () => {
      const found: string[] = [];
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        // Colours change over a millisecond.
        await page.evaluate(
          'Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => 0)))',
        );
        found.push(...(await findSerious(page)).map((fault) => `${colorScheme}: ${fault}`));
      }
      return found;
    },
    stop: async () => {
      await context.close();
      await dir.remove();
    },
  };
}

/** Debian's packages look for updates and the like, which go nowhere here. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

function findChromium(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'chromium'))
    .find((path) => existsSync(path));
}

interface AxeFinding {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/**
 * The page's policy forbids scripts from elsewhere: axe is evaluated by the browser's own protocol, as
 * its developer tools do.
 */
async function findSerious(page: Page): Promise<readonly string[]> {
  const source = readFileSync(
    createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
    'utf8',
  );
  await page.evaluate(source);
  const findings = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
  )) as readonly AxeFinding[];
  return findings
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary = '' }) => `${id}: ${help}: ${html} ${failureSummary}`),
    );
}
