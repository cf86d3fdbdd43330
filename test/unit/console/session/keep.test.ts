/** When a page that only looks asks for its session, and what its address says of a log-in. */
import { describe, expect, it } from 'vitest';
import { askEveryMs, createSessionKeeper } from '../../../../src/console/page/session/keepModel.ts';
import { oidcTexts, readOidcFault } from '../../../../src/console/page/session/oidcFault.ts';
import { sessionTexts } from '../../../../src/console/page/session/texts.ts';
import { idleMaxMs } from '../../../../src/console/server/sessions.ts';

function somePage() {
  const page = { nowMs: 1_000_000, isHidden: false, isLoggedIn: true, asked: 0 };
  const look = createSessionKeeper({
    nowMs: () => page.nowMs,
    isHidden: () => page.isHidden,
    isLoggedIn: () => page.isLoggedIn,
    ask: () => (page.asked += 1),
  });
  const after = (ms: number): number => {
    page.nowMs += ms;
    look();
    return page.asked;
  };
  return { page, after };
}

describe('createSessionKeeper', () => {
  it('asks once every ten minutes, well before the session would end', () => {
    const { after } = somePage();
    expect(askEveryMs).toBeLessThan(idleMaxMs / 2);
    expect(after(askEveryMs - 1)).toBe(0);
    expect(after(1)).toBe(1);
    expect(after(askEveryMs - 1)).toBe(1);
    expect(after(1)).toBe(2);
  });

  it('asks nothing while nobody sees it, and at once when somebody does', () => {
    const { page, after } = somePage();
    page.isHidden = true;
    expect(after(5 * askEveryMs)).toBe(0);
    page.isHidden = false;
    expect(after(0)).toBe(1);
    expect(after(0)).toBe(1);
  });

  it('asks nothing while nobody is logged in', () => {
    const { page, after } = somePage();
    page.isLoggedIn = false;
    expect(after(askEveryMs)).toBe(0);
  });

  it('asks when the clock was set back', () => {
    const { after } = somePage();
    expect(after(-5_000_000)).toBe(1);
    expect(after(askEveryMs)).toBe(2);
  });
});

describe('readOidcFault', () => {
  it('knows its own words and nothing else', () => {
    for (const word of Object.keys(oidcTexts)) expect(readOidcFault(`?oidc=${word}`)).toBe(word);
    for (const search of [
      '',
      '?oidc=',
      '?oidc=x',
      '?oidc=constructor',
      '?oidc=__proto__',
      '?a=b',
    ]) {
      expect(readOidcFault(search)).toBeUndefined();
    }
  });

  it('has a sentence for each', () => {
    for (const key of Object.values(oidcTexts)) {
      expect(sessionTexts.en[key]).toMatch(/\.$/);
      expect(sessionTexts.zh[key]).toMatch(/。$/);
    }
  });
});
