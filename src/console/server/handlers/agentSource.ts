/** How a host's agent is asked: at the address that it reports, with proof of the token; or why not. */
import { etcdFault } from '../../../commands/etcdFault.ts';
import {
  addressText,
  type AgentRefusal,
  type AgentSource,
} from '../../../commands/fleet/askAgent.ts';
import { whyLost } from '../../../commands/fleet/chooseHosts.ts';
import { quote } from '../../../domain/quote.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { Answer } from '../../../http/respond.ts';
import { parseIpAddress } from '../../../http/tokenProof.ts';
import { readToken } from '../../../settings/readToken.ts';
import { faultAnswer } from '../handlers.ts';
import { readHost } from './hosts.ts';
import { etcdAnswer, type HandlerDeps } from './parts.ts';

/** `what` agents show for their token alone: `logs`. */
export async function findAgent(
  deps: Pick<HandlerDeps, 'client' | 'settings'>,
  host: string,
  what: string,
): Promise<Result<AgentSource, Answer>> {
  const read = await readHost(deps, host);
  if (!read.ok) return err(etcdAnswer(etcdFault(read.error, deps.settings.etcd)));
  const found = read.value;
  if (found === undefined) {
    const error = `no host ${quote(host)} has ever reported`;
    return err(faultAnswer(404, { code: 'NotThere', error }));
  }
  const away = (error: string, remedy?: string): Result<never, Answer> =>
    err(faultAnswer(502, { code: 'AgentAway', error, ...(remedy && { remedy }) }));
  if (!found.isAlive) return away(`${quote(host)} is ${whyLost(found)}`);
  const address = found.report?.http;
  if (address === undefined) {
    const remedy = 'http.listen = "ADDRESS:9102" and http.tokenFile = "FILE" in its supervene.toml';
    return away(`the agent of ${quote(host)} answers nobody but its own host`, remedy);
  }
  const file = deps.settings.http.tokenFile;
  if (file === undefined) {
    const remedy = 'http.tokenFile = "FILE" in the settings of the console';
    return away(`agents show ${what} only for their token, and this console has none`, remedy);
  }
  const token = readToken(file);
  if (!token.ok) return away(token.error);
  const parsed = parseIpAddress(address);
  if (parsed !== undefined) return ok({ type: 'Http', address: parsed, token: token.value });
  return away(`${quote(host)} reports no usable address: ${quote(address)}`);
}

/** `notThere`: the code of a 404. */
export function agentFault(
  source: AgentSource,
  { status, detail }: AgentRefusal,
  notThere: string,
): Answer {
  const where = source.type === 'Socket' ? source.path : addressText(source.address);
  if (status === 404) return faultAnswer(404, { code: notThere, error: quoteless(detail) });
  const error =
    status === 0
      ? `the agent does not answer at ${where}: ${quoteless(detail)}`
      : `the agent at ${where} refuses: ${quoteless(detail)}`;
  return faultAnswer(502, { code: status === 401 ? 'AgentRefuses' : 'AgentAway', error });
}

/** Of whoever listens there: of one line, and bounded. */
function quoteless(text: string): string {
  return text.slice(0, 500).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');
}
