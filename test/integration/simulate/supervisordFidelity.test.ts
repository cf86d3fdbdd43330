/**
 * The model supervisord against the real one: random scripts of file changes, rereads, updates, kills
 * and restarts must come to the same. SUPERVENE_DIFFERENTIAL_RUNS asks for more of them,
 * SUPERVENE_DIFFERENTIAL_SEED repeats one.
 */
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { asLists, realCall, startPair } from '../../support/fidelity/supervisordPair.ts';
import { brokenTexts, runScript } from '../../support/fidelity/supervisordScript.ts';

const runs = Number(process.env['SUPERVENE_DIFFERENTIAL_RUNS'] ?? 4);
const only = process.env['SUPERVENE_DIFFERENTIAL_SEED'];
const base = process.env['SUPERVENE_SEED'] ?? '0';
const sideBySide = Number(process.env['SUPERVENE_DIFFERENTIAL_LANES'] ?? 4);

describe('the model supervisord', () => {
  it('refuses what the real one refuses, in its words', async () => {
    const pair = await startPair(new Map());
    for (const text of brokenTexts) {
      pair.put('x.conf', text);
      const wanted = await realCall(pair.real.rpc('reloadConfig'));
      expect(asLists(pair.model.calls.reloadConfig()), text).toBe(wanted);
      expect(wanted, text).toMatch(/^92 /);
    }
    await pair.end();
  });

  it(
    'comes to the same as the real one',
    async () => {
      const seeds =
        only === undefined ? Array.from({ length: runs }, (_, i) => `${base}-${i}`) : [only];
      const failures: string[] = [];
      let done = 0;
      const lane = async (): Promise<void> => {
        for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
          await runScript(seed).catch((error: unknown) => failures.push(String(error)));
          done += 1;
          if (done % 50 === 0) console.log(`${done} scripts, ${failures.length} of them differ`);
        }
      };
      await Promise.all(Array.from({ length: sideBySide }, lane));
      expect(failures.join('\n\n')).toBe('');
    },
    60_000 + runs * 10_000,
  );
});
