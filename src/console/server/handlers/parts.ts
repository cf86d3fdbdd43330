/** What the handlers share: etcd as the commands have it, and the shapes of what is asked. */
import { type AppStore } from '../../../commands/appStore.ts';
import type { Fault } from '../../../commands/commandIo.ts';
import { createFleetAccess, type FleetAccess } from '../../../commands/fleet/openFleet.ts';
import { createAppStore } from '../../../commands/openAppStore.ts';
import { parseAppName } from '../../../domain/appName.ts';
import { messageMax } from '../../../domain/fleet/publicationCodec.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { AppName } from '../../../domain/types.ts';
import { hasUnseen } from '../../../domain/unseen.ts';
import type { Answer } from '../../../http/respond.ts';
import { type ConsoleAsk, type ConsoleDeps, faultAnswer } from '../handlers.ts';
import { type ActionRate, createActionRate } from '../actionRate.ts';
import { createHistories, type Histories } from './histories.ts';

export interface HandlerDeps extends ConsoleDeps {
  readonly store: AppStore;
  readonly fleet: FleetAccess;
  readonly histories: Histories;
  readonly actions: ActionRate;
  /** Of the machine that the console runs on. */
  readonly hostName: string;
}

/** All over the one client of the console, which they leave open. */
export function createHandlerDeps(deps: ConsoleDeps, hostName: string): HandlerDeps {
  const { client } = deps;
  const { etcd } = deps.settings;
  const store = createAppStore(client, etcd);
  const fleet = createFleetAccess(client, etcd);
  const bounds = { histories: createHistories(), actions: createActionRate(deps.nowMs) };
  return { ...deps, store, fleet, ...bounds, hostName };
}

/** What comes of etcd being away, or of what it refuses. */
export function etcdAnswer({ message, remedy }: Fault): Answer {
  return faultAnswer(503, { code: 'EtcdAway', error: message, ...(remedy && { remedy }) });
}

export function wrongAnswer(error: string, remedy?: string): Answer {
  return faultAnswer(400, { code: 'Malformed', error, ...(remedy && { remedy }) });
}

export function deniedAnswer(what: string): Answer {
  return faultAnswer(403, { code: 'Denied', error: `you may not do this to ${what}` });
}

export function appOf({ path }: ConsoleAsk): Result<AppName, Answer> {
  const app = parseAppName(path['app'] ?? '');
  if (app.ok) return app;
  const { code, message, remedy } = app.error;
  return err(faultAnswer(400, { code, error: message, remedy, problems: [app.error] }));
}

/** As records and requests have it: the console, and who asked it. */
export function placeOf({ hostName }: HandlerDeps, { from }: ConsoleAsk): string {
  return `${hostName}(${from})`;
}

export type Fields = ReadonlyMap<string, unknown>;

/** Own fields of an object; undefined for everything else. */
export function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map<string, unknown>(Object.entries(value));
}

/** Those of a body, which has no others. */
export function bodyFields(body: unknown, names: readonly string[]): Result<Fields, Answer> {
  const fields = fieldsOf(body);
  if (fields === undefined) return err(wrongAnswer('the body is not a JSON object'));
  const unknown = [...fields.keys()].find((name) => !names.includes(name));
  if (unknown === undefined) return ok(fields);
  return err(
    wrongAnswer(`the body has a field that nobody knows; it may have ${names.join(', ')}`),
  );
}

/** Why it is done, without which it is not. */
export function messageOf(fields: Fields): Result<string, Answer> {
  const message = optionalMessage(fields);
  if (!message.ok || message.value !== '') return message;
  const problem = { error: 'say why: the message is empty', code: 'NoMessage' };
  return err(faultAnswer(422, problem));
}

export function optionalMessage(fields: Fields): Result<string, Answer> {
  const given = fields.get('message') ?? '';
  if (typeof given !== 'string') return err(wrongAnswer('message is not a text'));
  const message = given.trim();
  if (hasUnseen(message)) {
    const problem = 'the message has characters that nobody sees';
    return err(faultAnswer(422, { code: 'UnseenCharacters', error: problem }));
  }
  if (message.length <= messageMax) return ok(message);
  const error = `the message is too long: at most ${String(messageMax)} characters are kept`;
  return err(faultAnswer(422, { code: 'LongMessage', error }));
}
