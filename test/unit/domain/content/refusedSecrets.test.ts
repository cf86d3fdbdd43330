/** What is said of content that is refused goes into logs: no part of a secret may be in it. */
import { describe, expect, it } from 'vitest';
import { parseProgram } from '../../../../src/domain/content/parseProgram.ts';
import type { AppName } from '../../../../src/domain/types.ts';

function sayings(text: string): string {
  const parsed = parseProgram('demo1' as AppName, text, { unknownOptions: 'refuse' });
  return JSON.stringify(parsed.ok ? parsed.value.warnings : parsed.error);
}

const values = ['a%geheim', '%(geheim)s', '%(process_num)geheim', "'geheim", '"geheim', 'geheim\\'];

describe('parseProgram', () => {
  it.each(values)('quotes nothing of %j in environment or command', (value) => {
    for (const text of [
      `command=x\nenvironment=A="${value}"\n`,
      `command=x\nenvironment=A=${value}\n`,
      `command=x ${value}\n`,
      `command=x\nenvironment=${value}\n`,
    ]) {
      expect(sayings(text)).not.toContain('geheim');
    }
  });

  it('says what is wrong all the same', () => {
    expect(sayings('command=date +%Y\n')).toContain(
      'command: what begins with a % is not an expansion',
    );
    expect(sayings('command=x\ndirectory=/x/%Y\n')).toContain('%Y');
  });
});
