/** Hosts as etcd has their heads, by name; and `forgetHost`. */
import { assertNever } from '../../../domain/assertNever.ts';
import { mayToAllApps } from '../../../domain/console/scope.ts';
import { reportKey } from '../../../domain/fleet/fleetKeys.ts';
import type { FleetHost } from '../../../domain/fleet/fleetRow.ts';
import { decodeReport } from '../../../domain/fleet/reportCodec.ts';
import type { EtcdError } from '../../../domain/etcdCalls.ts';
import { quote } from '../../../domain/quote.ts';
import { ok, type Result } from '../../../domain/result.ts';
import { faultAnswer, type Handlers } from '../handlers.ts';
import { audited, type Done, done, notDone } from './audited.ts';
import {
  bodyFields,
  deniedAnswer,
  etcdAnswer,
  type HandlerDeps,
  optionalMessage,
  wrongAnswer,
} from './parts.ts';

const limits = { timeoutMs: 5_000 };

/** What stands in its head; its apps may be in further parts. Undefined: never heard of. */
export async function readHost(
  { client, settings }: Pick<HandlerDeps, 'client' | 'settings'>,
  host: string,
): Promise<Result<FleetHost | undefined, EtcdError>> {
  if (!isHostId(host)) return ok(undefined);
  for (const kind of ['hosts', 'known'] as const) {
    const key = Buffer.from(reportKey(settings.etcd.fleetPrefix, kind, host, 0));
    const found = await client.range({ key }, limits);
    if (!found.ok) return found;
    const [head] = found.value.kvs;
    if (head === undefined) continue;
    const decoded = decodeReport(head.value, new Map());
    const isAlive = kind === 'hosts' && head.lease !== undefined;
    const faults = decoded.ok ? decoded.value.faults : [decoded.error];
    return ok({ host, isAlive, report: decoded.ok ? decoded.value.report : undefined, faults });
  }
  return ok(undefined);
}

/** One part of a key. */
export function isHostId(text: string): boolean {
  return text !== '' && text.length <= 255 && !text.includes('/');
}

export function createHosts(deps: HandlerDeps): Pick<Handlers, 'forgetHost'> {
  return {
    forgetHost: async (ask) => {
      const host = ask.path['host'] ?? '';
      if (!isHostId(host)) return wrongAnswer(`${quote(host)} cannot be a host`);
      const fields = bodyFields(ask.body, ['message']);
      if (!fields.ok) return fields.error;
      const message = optionalMessage(fields.value);
      if (!message.ok) return message.error;
      const asked = { target: host, wanted: 'forgotten', message: message.value };
      return audited(deps, ask, asked, async () => {
        const isAllowed = mayToAllApps(ask.principal.grants, 'admin', host);
        return isAllowed ? forget(deps, host) : notDone(deniedAnswer(`${quote(host)} as a whole`));
      });
    },
  };
}

async function forget({ fleet }: HandlerDeps, host: string): Promise<Done> {
  const outcome = await fleet.forget(host);
  if (!outcome.ok) return notDone(etcdAnswer(outcome.error));
  const { value } = outcome;
  switch (value.type) {
    case 'Forgotten': {
      const turns = value.turns.map(({ app }) => app);
      const freed =
        turns.length === 0 ? '' : `; its turns are free for others: ${turns.join(', ')}`;
      return done({ host, turns: value.turns }, { detail: `forgotten${freed}` });
    }
    case 'Unknown': {
      const error = `nothing is known of a host ${quote(host)}`;
      return notDone(faultAnswer(404, { code: 'NotThere', error }));
    }
    case 'Leased':
      return notDone(
        faultAnswer(409, {
          code: 'StillThere',
          error: `${quote(host)} is not lost: its key has a lease, or was just written`,
          remedy: 'end the agent there first; the key goes with it',
        }),
      );
    default:
      return assertNever(value);
  }
}
