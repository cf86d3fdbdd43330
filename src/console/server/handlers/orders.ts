/**
 * `orders`: an operator's hand on processes of some hosts, told as their answers come. Whoever goes
 * away meanwhile takes nothing back: what was asked for is done, and is in the audit trail.
 */
import { askThrough, type HostOrder } from '../../../commands/fleet/askHosts.ts';
import { whyLost } from '../../../commands/fleet/chooseHosts.ts';
import { etcdFault } from '../../../commands/etcdFault.ts';
import type { ApiFault, OrderOutcome } from '../../../domain/console/api.ts';
import { type Grant, mayDo } from '../../../domain/console/roles.ts';
import { mayToAllApps } from '../../../domain/console/scope.ts';
import type { FleetOrder } from '../../../domain/fleet/fleetRequest.ts';
import type { FleetHost } from '../../../domain/fleet/fleetRow.ts';
import { parseOrder } from '../../../domain/fleet/requestCodec.ts';
import { quote } from '../../../domain/quote.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { Answer } from '../../../http/respond.ts';
import type { ConsoleAsk, Handlers } from '../handlers.ts';
import { audited, type Done, notDone } from './audited.ts';
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

export function createOrders(deps: HandlerDeps): Pick<Handlers, 'orders'> {
  return {
    orders: async (ask) => {
      const fields = bodyFields(ask.body, ['orders', 'message']);
      if (!fields.ok) return fields.error;
      const message = optionalMessage(fields.value);
      if (!message.ok) return message.error;
      const wanted = readOrders(fields.value.get('orders'));
      if (!wanted.ok) return wanted.error;
      const [target, text] = summaryOf(wanted.value);
      const asked = { target, wanted: text, message: message.value };
      return audited(deps, ask, asked, () => giveOrders(deps, ask, wanted.value));
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

/** Which hosts, and what; each once. */
function summaryOf(wanted: readonly Wanted[]): readonly [string, string] {
  const hosts = new Set(wanted.map(({ host }) => host));
  const orders = new Set(wanted.map(({ order }) => orderText(order)));
  return [[...hosts].join(', '), [...orders].join(', ')];
}

function orderText(order: FleetOrder): string {
  if (order.type === 'Confirm') return 'Confirm';
  const what = 'process' in order ? (order.process ?? order.app) : order.app;
  return `${order.type} ${what}`;
}

async function giveOrders(
  deps: HandlerDeps,
  ask: ConsoleAsk,
  wanted: readonly Wanted[],
): Promise<Done> {
  const denied = wanted.find((one) => !mayOrder(ask.principal.grants, one));
  if (denied !== undefined) {
    return notDone(deniedAnswer(`${orderText(denied.order)} on ${quote(denied.host)}`));
  }
  const hosts = await readHosts(deps, wanted);
  if (!hosts.ok) return notDone(hosts.error);
  const stream = ask.stream({ contentType: 'application/jsonl' });
  const outcomes: OrderOutcome[] = [];
  const tell = (outcome: OrderOutcome): void => {
    outcomes.push(outcome);
    stream.write(`${JSON.stringify(outcome)}\n`);
  };
  const asking: HostOrder[] = [];
  for (const { host, order } of wanted) {
    const found = hosts.value.get(host);
    if (found?.isAlive === true) asking.push({ host: found, order });
    else tell({ host, order, state: 'Lost', detail: whyNot(host, found) });
  }
  const orders = { orders: asking, by: ask.principal.user, from: placeOf(deps, ask) };
  const given = await askThrough(deps.client, deps.settings.etcd, orders, {
    onOutcome: ({ host, state, detail }, { order }) => tell({ host, order, state, detail }),
  });
  if (!given.ok) {
    const fault: ApiFault = { code: 'EtcdAway', error: given.error.message };
    stream.write(`${JSON.stringify(fault)}\n`);
  }
  stream.end();
  const isDone = given.ok && outcomes.every(({ state }) => state === 'Done');
  const detail = given.ok ? outcomesText(outcomes) : given.error.message;
  return { answer: 'Streamed', outcome: isDone ? 'done' : 'failed', detail };
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

function whyNot(host: string, found: FleetHost | undefined): string {
  return found === undefined ? `no host ${quote(host)} has ever reported` : whyLost(found);
}

function outcomesText(outcomes: readonly OrderOutcome[]): string {
  return outcomes
    .map(({ host, order, state, detail }) => {
      const why = state === 'Done' ? '' : `: ${detail}`;
      return `${host} ${orderText(order)} ${state}${why}`;
    })
    .join('; ');
}
