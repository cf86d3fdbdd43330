/**
 * Who may write the file of settings decides what this host runs: the policy stands in it.
 */
import { trustedPath } from '../../effects/host/trustedPath.ts';
import type { Settings } from '../settings/settings.ts';

export interface ConfigFault {
  readonly message: string;
  readonly remedy: string;
}

/** Undefined when only root can change it, or there is none. */
export async function configFault({ configPath }: Settings): Promise<ConfigFault | undefined> {
  if (configPath === undefined) return undefined;
  const trusted = await trustedPath(configPath);
  if (trusted.ok) return undefined;
  const { path, why } = trusted.error;
  return {
    message: `${configPath}: others than root can change it, and with it the policy: ${path} ${why}`,
    remedy: `chown root ${path} && chmod go-w ${path}, or keep the file in /etc/supervene`,
  };
}
