/** Whether the keys that this host is to trust can be relied on, and for what they are. */
import { readTrustDir, type TrustConfig } from '../../clients/trustKeys.ts';
import { type Check, checkerFor } from './check.ts';

const check = checkerFor('trust');

/** Nothing where signatures are not looked at. */
export async function checkTrust({ mode, dir }: TrustConfig): Promise<readonly Check[]> {
  if (mode === 'off') return [];
  const keys = await readTrustDir(dir);
  if (!keys.ok) {
    const remedy = 'root alone may own it and write to it; one *.pub file for each key';
    const message =
      mode === 'enforce'
        ? `nothing new is accepted: ${keys.error}`
        : `no key counts: ${keys.error}`;
    return [mode === 'enforce' ? check.problem(message, remedy) : check.warning(message, remedy)];
  }
  const idle = keys.value.filter(({ apps }) => apps.length === 0).map(({ name }) => name);
  const found = check.ok(`${keys.value.length} keys in ${dir}, mode ${mode}`);
  if (idle.length === 0) return [found];
  const message = `for no app: ${idle.join(', ')}`;
  return [found, check.warning(message, 'add a line such as `apps = web-*, api` to its file')];
}
