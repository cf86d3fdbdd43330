/**
 * Who may write the file of settings decides what this host runs: the policy stands in it, and
 * whose signatures count. Where one of them is to keep others out, the agent does not start.
 */
import { trustedPath } from '../../effects/host/trustedPath.ts';
import type { Settings } from '../settings/settings.ts';

export interface ConfigFault {
  readonly message: string;
  readonly remedy: string;
  /** It would undo what is asked for: the agent does not start. */
  readonly isRefused: boolean;
}

type Grounds = Pick<Settings, 'configPath'> & {
  readonly policy: Pick<Settings['policy'], 'mode'>;
  readonly trust: Pick<Settings['trust'], 'mode'>;
};

/** Undefined when only root can change it, or there is none. */
export async function configFault({
  configPath,
  policy,
  trust,
}: Grounds): Promise<ConfigFault | undefined> {
  if (configPath === undefined) return undefined;
  const trusted = await trustedPath(configPath);
  if (trusted.ok) return undefined;
  const { path, why } = trusted.error;
  return {
    message: `${configPath}: others than root can change it, and with it the policy and what is trusted: ${path} ${why}`,
    remedy: `chown root ${path} && chmod go-w ${path}, or keep the file in /etc/supervene`,
    isRefused: policy.mode === 'strict' || trust.mode === 'enforce',
  };
}
