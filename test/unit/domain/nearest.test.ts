import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/domain/nearest.ts';

describe('nearest', () => {
  const names = ['command', 'numprocs', 'startsecs', 'startretries', 'stdout_logfile'];

  it.each([
    ['comand', 'command'],
    ['commmand', 'command'],
    ['comamnd', 'command'],
    ['num_procs', 'numprocs'],
    ['startsec', 'startsecs'],
    ['stdout_log_file', 'stdout_logfile'],
  ])('finds what %s was meant to be: %s', (word, name) => {
    expect(nearest(word, names)).toBe(name);
  });

  it.each(['', 'x', 'programs', 'depends_on', 'y'.repeat(10_000)])(
    'says nothing rather than something far-fetched (%#)',
    (word) => {
      expect(nearest(word, names)).toBeUndefined();
    },
  );
});
