/** Whatever is given: one source wins, and nothing throws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok } from '../../../src/domain/result.ts';
import { readSettings } from '../../../src/settings/readSettings.ts';
import { allSettings, schema } from '../../../src/settings/schema.ts';
import { fcParams } from '../../support/seed.ts';

const seconds = fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined });

describe('readSettings', () => {
  it('takes flag before environment before file before default, for any combination', () => {
    fc.assert(
      fc.property(seconds, seconds, seconds, (flag, variable, key) => {
        const settings = readSettings({
          flags: new Map(flag === undefined ? [] : [['--poll', `${String(flag)}s`]]),
          env: variable === undefined ? {} : { SUPERVENE_POLL: `${String(variable)}s` },
          readText: () =>
            ok(key === undefined ? undefined : `[supervisor]\npoll = "${String(key)}s"`),
          workingDir: '/',
          hostName: 'web1',
          isTerminal: true,
        });
        expect(settings).toMatchObject({
          ok: true,
          value: { supervisor: { pollMs: (flag ?? variable ?? key ?? 2) * 1000 } },
        });
      }),
      fcParams(),
    );
  });

  it('never throws, and names its source in every fault', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
    const flag = fc.constantFrom(...allSettings.map((setting) => setting.flag));
    const variable = fc.constantFrom(...allSettings.map((setting) => setting.env));
    fc.assert(
      fc.property(
        fc.dictionary(flag, text),
        fc.dictionary(variable, text),
        text,
        (flags, env, toml) => {
          const settings = readSettings({
            flags: new Map(Object.entries(flags)),
            env,
            readText: () => ok(toml),
            workingDir: '/',
            hostName: 'web1',
            isTerminal: true,
          });
          for (const error of settings.ok ? [] : settings.error) {
            expect(error.source).not.toBe('');
            expect(error.message).not.toBe('');
            expect(error.remedy).not.toBe('');
          }
        },
      ),
      fcParams(300),
    );
  });

  it('reads what it writes: every default parses to itself', () => {
    const [limit, mode] = [schema.reconcileRestartLimit, schema.filesMode];
    expect(limit.type.parse(limit.fallbackText, '/')).toEqual({ ok: true, value: limit.fallback });
    expect(mode.type.parse(mode.fallbackText, '/')).toEqual({ ok: true, value: mode.fallback });
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 60_000 }), (ms) => {
        const { type } = schema.supervisorPoll;
        expect(type.parse(type.format(ms), '/')).toEqual({ ok: true, value: ms });
      }),
      fcParams(),
    );
  });

  it('has no two settings with the same key, flag or variable', () => {
    for (const name of ['key', 'flag', 'env'] as const) {
      const names = allSettings.map((setting) => setting[name]);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
