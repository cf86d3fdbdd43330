/** New passwords, before they are sent. */
import { describe, expect, it } from 'vitest';
import { passwordFault } from '../../../../src/console/page/session/passwordModel.ts';

describe('passwordFault', () => {
  it('wants twelve characters, not the name, and the same twice', () => {
    expect(passwordFault('ann', 'elevenchars', 'elevenchars')).toBe('tooShort');
    expect(passwordFault('administrator', 'Administrator', 'Administrator')).toBe('sameAsUser');
    expect(passwordFault('ann', 'twelve chars', 'twelve char')).toBe('notSame');
    expect(passwordFault('ann', 'twelve chars', 'twelve chars')).toBe(undefined);
  });

  it('counts characters, not their halves', () => {
    expect(passwordFault('ann', '🙂'.repeat(11), '🙂'.repeat(11))).toBe('tooShort');
  });
});
