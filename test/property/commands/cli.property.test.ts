/** Whatever is typed: an exit code of the contract, and words instead of a stack trace. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allSettings } from '../../../src/settings/schema.ts';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { fcParams } from '../../support/seed.ts';

// Commands that act on this host are not for random words.
const command = fc.constantFrom('publish', 'show', 'apps', 'validate', 'unpublish', 'retry', 'x');
const option = fc.constantFrom('--hosts', '--file', '--json', '--dry-run', '--raw', '--wait', '-h');
const flag = fc.constantFrom(...allSettings.map((setting) => setting.flag));
const value = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('web', '-', '--', '../x', '__proto__', '10.0.0.0/8', '!', 'f', '=', '@f'),
);
const words = fc.array(fc.oneof(option, flag, value), { maxLength: 6 });

describe('runCli', () => {
  it('ends with 0 to 3 and never shows a stack trace, whatever is typed', async () => {
    await fc.assert(
      fc.asyncProperty(command, words, fc.string({ unit: 'binary' }), async (name, more, file) => {
        const env = { SUPERVENE_ETCD: 'http://127.0.0.1:1', SUPERVENE_JOURNAL: '/nonexistent' };
        const argv = [name, ...more.filter((word) => word !== '--etcd' && word !== '--journal')];
        const { code, stdout, stderr } = await runCliHere(argv, {
          env,
          files: { '-': file, f: file },
        });
        expect([0, 1, 2, 3]).toContain(code);
        expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
        expect(stderr).not.toContain('unexpected: ');
        if (code === 2) expect(stdout).toBe('');
        if (code !== 0) expect(stdout + stderr).not.toBe('');
      }),
      fcParams(200),
    );
  });
});
