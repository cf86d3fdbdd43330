/** What is called, with what is given. */
import { describe, expect, it } from 'vitest';
import { createProgram, type Invocation } from '../../../src/commands/createProgram.ts';

function invoke(argv: readonly string[]): Invocation | undefined {
  let found: Invocation | undefined;
  const ignore = (): void => undefined;
  const deps = { writeOut: ignore, writeError: ignore };
  createProgram('1', { ...deps, invoked: (invocation) => (found = invocation) }).parse(argv, {
    from: 'user',
  });
  return found;
}

describe('an option that may be repeated', () => {
  it.each([
    [['ps', '--host', 'web1', 'web']],
    [['restart', '--host', 'web1', 'web']],
    [['status', '--host', 'web1', 'web']],
  ])('leaves the argument behind it alone: %j', (argv) => {
    const invocation = invoke(argv);
    expect(invocation?.args).toEqual(['web']);
    expect(invocation?.options.get('host')).toBe('web1');
  });

  it('is all that was given', () => {
    const invocation = invoke(['ps', 'web', '--host', 'web1,web2', '--host', 'web3']);
    expect(invocation?.options.get('host')).toBe('web1,web2\nweb3');
  });
});
