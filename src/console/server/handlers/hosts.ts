/** Hosts as etcd has their heads, by name; and `forgetHost`. */
import { assertNever } from '../../../domain/assertNever.ts';
import { mayToAllApps } from '../../../domain/console/scope.ts';
import { reportKey } from '../../../domain/fleet/fleetKeys.ts';
import type { FleetHost } from '../../../domain/fleet/fleetRow.ts';
import { decodeReport } from '../../../domain/fleet/reportCodec.ts';
import type { EtcdError } from '../../../domain/etcdCalls.ts';
import { quote } from '../../../domain/quote.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { etcdFault } from '../../../commands/etcdFault.ts';
import type { Answer } from '../../../http/respond.ts';
import { faultAnswer, type Handlers } from '../handlers.ts';
import { auditedIf, type Done, done, notDone } from './audited.ts';
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
      return auditedIf(deps, ask, asked, async () => {
        const isAllowed = mayToAllApps(ask.principal.grants, 'admin', host);
        if (!isAllowed) return err(deniedAnswer(`${quote(host)} as a whole`));
        const found = await readHost(deps, host);
        if (!found.ok) return err(etcdAnswer(etcdFault(found.error, deps.settings.etcd)));
        if (found.value?.isAlive === true) return err(stillThere(host));
        if (found.value === undefined && !(await mayHaveTurns(deps, host))) {
          return err(unknownHost(host));
        }
        return ok(() => forget(deps, host));
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
    case 'Unknown':
      return notDone(unknownHost(host));
    case 'Leased':
      return notDone(stillThere(host));
    default:
      return assertNever(value);
  }
}

/** Of a host that reported nothing turns may be left. Also so where that is not known. */
async function mayHaveTurns({ fleet }: HandlerDeps, host: string): Promise<boolean> {
  const reading = await fleet.read('WithRollouts');
  if (!reading.ok) return true;
  const slots = [...reading.value.rollouts.values()].flatMap((records) => records.slots);
  return slots.some(({ begun }) => begun?.said?.host === host);
}

function unknownHost(host: string): Answer {
  const error = `nothing is known of a host ${quote(host)}`;
  return faultAnswer(404, { code: 'NotThere', error });
}

function stillThere(host: string): Answer {
  return faultAnswer(409, {
    code: 'StillThere',
    error: `${quote(host)} is not lost: its key has a lease, or was just written`,
    remedy: 'end the agent there first; the key goes with it',
  });
}
