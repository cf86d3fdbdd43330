/**
 * `orders`: an operator's hand on processes of some hosts, told as their answers come. Whoever goes
 * away meanwhile takes nothing back: what was asked for is done, and is in the audit trail.
 */
import { askThrough, type HostOrder } from '../../../commands/fleet/askHosts.ts';
import { whyLost } from '../../../commands/fleet/chooseHosts.ts';
import { etcdFault } from '../../../commands/etcdFault.ts';
import type { ApiFault, OrderOutcome } from '../../../domain/console/api.ts';
import { cutText } from '../../../domain/console/audit.ts';
import { type Grant, mayDo } from '../../../domain/console/roles.ts';
import { mayToAllApps } from '../../../domain/console/scope.ts';
import type { FleetOrder } from '../../../domain/fleet/fleetRequest.ts';
import type { FleetHost } from '../../../domain/fleet/fleetRow.ts';
import { parseOrder } from '../../../domain/fleet/requestCodec.ts';
import { quote } from '../../../domain/quote.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { Answer } from '../../../http/respond.ts';
import { type ConsoleAnswer, type ConsoleAsk, faultAnswer, type Handlers } from '../handlers.ts';
import { type Asked, auditedEach, refused, type Told } from './audited.ts';
import { isHostId, readHost } from './hosts.ts';
import {
  bodyFields,
  deniedAnswer,
  etcdAnswer,
  fieldsOf,
  type HandlerDeps,
  optionalMessage,
  placeOf,
  wrongAnswer,
} from './parts.ts';

interface Wanted {
  readonly host: string;
  readonly order: FleetOrder;
}

const ordersMax = 1_000;
/** Of one entry in the trail; in characters what one has room for, less a little. */
const shareMax = 50;
const shareTextMax = 3_400;
/** Of what a host says of one order. */
const whyMax = 400;

export function createOrders(deps: HandlerDeps): Pick<Handlers, 'orders'> {
  return {
    orders: async (ask) => {
      const fields = bodyFields(ask.body, ['orders', 'message']);
      if (!fields.ok) return fields.error;
      const message = optionalMessage(fields.value);
      if (!message.ok) return message.error;
      const wanted = readOrders(fields.value.get('orders'));
      if (!wanted.ok) return wanted.error;
      const askedOf = (some: readonly Wanted[]): Asked => ({
        target: [...new Set(some.map(({ host }) => shown(host)))].join(', '),
        wanted: some.map(pairText).join('; '),
        message: message.value,
      });
      const hosts = await readOrdered(deps, ask, wanted.value);
      if (!hosts.ok) {
        // Nothing was asked of anybody: there is nothing to tell of but a refusal.
        const isFault = hosts.error.status >= 500;
        return isFault ? hosts.error : refused(deps, ask, askedOf(wanted.value), hosts.error);
      }
      const shares = sharesOf(wanted.value);
      return auditedEach(deps, ask, shares.map(askedOf), () =>
        giveOrders(deps, ask, shares, hosts.value),
      );
    },
  };
}

function readOrders(value: unknown): Result<readonly Wanted[], Answer> {
  if (!Array.isArray(value) || value.length === 0 || value.length > ordersMax) {
    return err(wrongAnswer(`orders is not a list of 1 to ${String(ordersMax)} orders`));
  }
  const wanted: Wanted[] = [];
  for (const item of value as readonly unknown[]) {
    const fields = fieldsOf(item);
    const host = fields?.get('host');
    if (typeof host !== 'string' || !isHostId(host)) {
      return err(wrongAnswer('an order names no host'));
    }
    const order = parseOrder(fields?.get('order'));
    if (!order.ok) return err(wrongAnswer(order.error));
    wanted.push({ host, order: order.value });
  }
  return ok(wanted);
}

/** As many as one entry of the trail has room for: each order is in it with its host, uncut. */
function sharesOf(wanted: readonly Wanted[]): readonly (readonly Wanted[])[] {
  const shares: Wanted[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const one of wanted) {
    const last = shares.at(-1);
    size += pairText(one).length;
    if (last !== undefined && last.length < shareMax && size <= shareTextMax) last.push(one);
    else {
      shares.push([one]);
      size = pairText(one).length;
    }
  }
  return shares;
}

function pairText({ host, order }: Wanted): string {
  return `${shown(host)}: ${orderText(order)}`;
}

function orderText(order: FleetOrder): string {
  if (order.type === 'Confirm') return 'Confirm';
  const what = 'process' in order ? (order.process ?? order.app) : order.app;
  return `${order.type} ${shown(what)}`;
}

/** Whatever could be taken for more than one name is quoted. */
function shown(name: string): string {
  return /^[\w.:@%+-]+$/.test(name) ? name : JSON.stringify(name);
}

interface Given {
  readonly answer: ConsoleAnswer;
  readonly told: readonly Told[];
}

async function giveOrders(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  shares: readonly (readonly Wanted[])[],
  hosts: ReadonlyMap<string, FleetHost>,
): Promise<Given> {
  const stream = ask.stream({ contentType: 'application/jsonl' });
  const outcomes = new Map<FleetOrder, OrderOutcome>();
  const tell = (order: FleetOrder, outcome: OrderOutcome): void => {
    outcomes.set(order, outcome);
    stream.write(`${JSON.stringify(outcome)}\n`);
  };
  const asking: HostOrder[] = [];
  for (const { host, order } of shares.flat()) {
    const found = hosts.get(host);
    if (found?.isAlive === true) asking.push({ host: found, order });
    else {
      const detail = found === undefined ? 'it is not there' : whyLost(found);
      tell(order, { host, order, state: 'Lost', detail });
    }
  }
  const orders = { orders: asking, by: ask.principal.user, from: placeOf(deps, ask) };
  const given = await askThrough(deps.client, deps.settings.etcd, orders, {
    onOutcome: ({ host, state, detail }, { order }) => tell(order, { host, order, state, detail }),
  });
  if (!given.ok) {
    const fault: ApiFault = { code: 'EtcdAway', error: given.error.message };
    stream.write(`${JSON.stringify(fault)}\n`);
  }
  stream.end();
  const why = given.ok ? 'it was not asked' : given.error.message;
  const told = shares.map((share) => toldOf(share, outcomes, why));
  return { answer: 'Streamed', told };
}

/** `whyNone`: of those that nothing came of. */
function toldOf(
  share: readonly Wanted[],
  outcomes: ReadonlyMap<FleetOrder, OrderOutcome>,
  whyNone: string,
): Told {
  let open = 0;
  const texts = share.map((one) => {
    const { state, detail } = outcomes.get(one.order) ?? { state: 'Unknown', detail: whyNone };
    if (state === 'Done') return `${pairText(one)}: Done`;
    open += 1;
    return `${pairText(one)}: ${state}, ${cutText(detail, whyMax)}`;
  });
  const all = texts.join('; ');
  if (open === 0) return { outcome: 'done', detail: all };
  return {
    outcome: 'failed',
    detail: `${String(open)} of ${String(share.length)} not done; ${all}`,
  };
}

/** Every host that is named; an answer when they may not, or when there is none of that name. */
async function readOrdered(
  deps: HandlerDeps,
  { principal }: ConsoleAsk,
  wanted: readonly Wanted[],
): Promise<Result<ReadonlyMap<string, FleetHost>, Answer>> {
  const denied = wanted.find((one) => !mayOrder(principal.grants, one));
  if (denied !== undefined) {
    return err(deniedAnswer(`${orderText(denied.order)} on ${quote(denied.host)}`));
  }
  const hosts = await readHosts(deps, wanted);
  if (!hosts.ok) return hosts;
  const unknown = wanted.find(({ host }) => !hosts.value.has(host));
  if (unknown === undefined) return hosts;
  const error = `no host ${quote(unknown.host)} has ever reported; nothing was done anywhere`;
  return err(faultAnswer(422, { code: 'UnknownHost', error }));
}

/** What lets removals through is about all apps of the host. */
function mayOrder(grants: readonly Grant[], { host, order }: Wanted): boolean {
  if (order.type === 'Confirm') return mayToAllApps(grants, 'operator', host);
  return mayDo(grants, 'operator', { app: order.app, host });
}

const readsAtOnce = 16;

async function readHosts(
  deps: HandlerDeps,
  wanted: readonly Wanted[],
): Promise<Result<ReadonlyMap<string, FleetHost>, Answer>> {
  const names = [...new Set(wanted.map(({ host }) => host))];
  const hosts = new Map<string, FleetHost>();
  for (let from = 0; from < names.length; from += readsAtOnce) {
    const some = names.slice(from, from + readsAtOnce);
    for (const read of await Promise.all(some.map((name) => readHost(deps, name)))) {
      if (!read.ok) return err(etcdAnswer(etcdFault(read.error, deps.settings.etcd)));
      if (read.value !== undefined) hosts.set(read.value.host, read.value);
    }
  }
  return ok(hosts);
}
