import { describe, expect, it } from 'vitest';
import { hideReason, hideRemedy } from '../../../../src/domain/console/hideContent.ts';
import { parseProgram } from '../../../../src/domain/content/parseProgram.ts';
import type { AppName } from '../../../../src/domain/types.ts';

describe('what is said of an app to who may not see its content', () => {
  it('quotes nothing of it, in no problem and no remedy', () => {
    const bodies = [
      'command=/bin/cat\ncanary line',
      'command=/bin/cat\numask=canary',
      'command=/bin/cat\nstopsignal=canary\nautorestart=canary\nnumprocs=canary',
      'command=/bin/cat\nstdout_logfile_maxbytes=canary',
      'command=/bin/cat\ncanary=1',
      '[canary]\ncommand=/bin/cat',
      'command=/bin/cat\nuser=canary canary\nexitcodes=canary',
    ];
    for (const body of bodies) {
      const parsed = parseProgram('a' as AppName, body, { unknownOptions: 'refuse' });
      const said = parsed.ok ? parsed.value.warnings : parsed.error;
      expect(JSON.stringify(said)).toContain('canary');
      for (const { code, message, remedy } of said) {
        expect(hideReason(code, message) + hideRemedy(code, remedy)).not.toContain('canary');
      }
    }
  });

  it('keeps the line, the code, and what is not about its content', () => {
    expect(hideReason('E_UMASK', 'line 2: umask is "08"')).toBe(
      'line 2: it is not as it has to be (E_UMASK); more is shown to who may publish it',
    );
    expect(hideReason('E_FATAL', "a:a is FATAL: can't find command '/opt/key'")).toBe(
      'a:a is FATAL: can\'t find command "…"',
    );
    expect(hideReason('OperatorStopped', "the host's operator stopped it, and it's his")).toBe(
      "the host's operator stopped it, and it's his",
    );
    expect(hideReason('E_SIGNATURE_KEY', 'key "k1" is not trusted')).toBe(
      'key "k1" is not trusted',
    );
    expect(hideReason('E_NO_SUCH_ENV', 'line 1: ENV_canary is not set here')).not.toContain(
      'canary',
    );
    expect(hideReason('Other', 'an end "that never comes')).toBe('an end "…"');
  });
});
