/** Settings that others can write: when that is a warning, and when the agent does not start. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFault } from '../../../src/agent/configTrust.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

let temp: TempDir;
beforeEach(async () => {
  temp = await createTempDir('config');
});
afterEach(() => temp.remove());

type Trust = 'off' | 'warn' | 'enforce';

async function faultOf(policy: 'compat' | 'strict', trust: Trust) {
  const configPath = join(temp.path, 'supervene.toml');
  writeFileSync(configPath, '');
  chmodSync(configPath, 0o666);
  return configFault({ configPath, policy: { mode: policy }, trust: { mode: trust } });
}

describe('settings that others than root can write', () => {
  it.each([
    ['compat', 'off', false],
    ['compat', 'warn', false],
    ['compat', 'enforce', true],
    ['strict', 'off', true],
    ['strict', 'enforce', true],
  ] as const)('under %s, with signatures %s: refused is %s', async (policy, trust, isRefused) => {
    const fault = await faultOf(policy, trust);
    expect(fault).toMatchObject({ isRefused });
    expect(fault?.message).toContain('others than root can change it');
  });

  it('are no matter where there are none', async () => {
    const modes = { policy: { mode: 'strict' }, trust: { mode: 'enforce' } } as const;
    expect(await configFault({ configPath: undefined, ...modes })).toBeUndefined();
  });
});
