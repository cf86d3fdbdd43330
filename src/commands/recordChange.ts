/**
 * The record that a change of an app leaves in the history of the fleet: made from what is read
 * there, written in the transaction of the change itself.
 */
import type { EtcdClient } from '../clients/etcd.ts';
import { readHistory } from '../clients/etcdHistory.ts';
import type { RecordWrite } from '../clients/writeApps.ts';
import type { EtcdError } from '../domain/etcdCalls.ts';
import type { DesiredEntry } from '../domain/event.ts';
import { historyStart, publicationKey } from '../domain/fleet/fleetKeys.ts';
import type { AppTexts, Publication } from '../domain/fleet/publication.ts';
import { messageMax } from '../domain/fleet/publicationCodec.ts';
import { nextRecord } from '../domain/fleet/publicationRecords.ts';
import { type Result, err, ok } from '../domain/result.ts';
import { revisionZero, type AppName } from '../domain/types.ts';
import type { EtcdSettings } from '../settings/settings.ts';
import { placementText } from './assessApp.ts';
import { decodedText } from './checkContent.ts';
import type { CommandOptions } from './command.ts';
import type { CommandIo, Fault } from './commandIo.ts';
import { etcdFault } from './etcdFault.ts';
import { whoAmI } from './whoAmI.ts';

/** Who changes what, and why: all that the store does not know itself. */
export type RecordWish = Pick<Publication, 'action' | 'by' | 'from' | 'atMs' | 'message' | 'to'>;

/** `ok(undefined)`: there is to be no record. */
export function readRecordWish(
  { env, hostName }: Pick<CommandIo, 'env' | 'hostName'>,
  options: CommandOptions,
  action: RecordWish['action'],
  atMs: number,
): Result<RecordWish | undefined, Fault> {
  const message = options.text('message')?.trim();
  const hasNone = options.has('no-history');
  if (message === undefined) {
    if (hasNone) return ok(undefined);
    return ok({ action, by: whoAmI(env), from: hostName, atMs });
  }
  if (hasNone) return err({ message: '--message and --no-history exclude each other' });
  if (message === '') return err({ message: '--message is empty', remedy: 'say why, or leave it' });
  if (message.length > messageMax) {
    const remedy = `at most ${String(messageMax)} characters are kept`;
    return err({ message: '--message is too long', remedy });
  }
  return ok({ action, by: whoAmI(env), from: hostName, atMs, message });
}

/** What stands there as people read it; undefined when there is nothing but a signature. */
export function textsOf({ ips, content, rollout }: DesiredEntry): AppTexts | undefined {
  if (ips === undefined && content === undefined) return undefined;
  const hosts = ips === undefined ? undefined : placementText(ips.value);
  return {
    ips: hosts?.ok === true ? hosts.value : undefined,
    content: content === undefined ? undefined : (decodedText(content.value) ?? undefined),
    ...(rollout?.value.type === 'Text' ? { rollout: rollout.value.text } : {}),
  };
}

export interface Recorded {
  readonly wish: RecordWish;
  readonly entry: DesiredEntry;
  /** Undefined: it is removed. */
  readonly after: AppTexts | undefined;
}

export async function makeRecord(
  access: Pick<EtcdClient, 'range'>,
  etcd: EtcdSettings,
  app: AppName,
  { wish, entry, after }: Recorded,
  limits: { readonly timeoutMs: number },
): Promise<Result<RecordWrite, Fault>> {
  const { fleetPrefix } = etcd;
  const history = await readHistory(access, fleetPrefix, app, limits);
  if (!history.ok) {
    const isDenied = history.error.type === 'Unauthorised';
    return err(isDenied ? missingGrant(etcd, app) : etcdFault(history.error, etcd));
  }
  const before = textsOf(entry) ?? 'Absent';
  const next = nextRecord({ ...wish, app, before, after }, history.value.records);
  if (next === undefined) {
    const last = publicationKey(fleetPrefix, app, history.value.records.at(-1)?.seq ?? 0);
    const message = `there is no number after ${last}, which no publish gets to by itself`;
    return err({ message, remedy: `remove it (etcdctl del ${last}), or give --no-history` });
  }
  return ok({
    key: publicationKey(fleetPrefix, app, next.seq),
    value: next.text,
    dropped: next.dropped.map((seq) => publicationKey(fleetPrefix, app, seq)),
  });
}

/**
 * After etcd refused a transaction: whether it is the record that may not be written. Asks by a
 * transaction that writes nothing, since what it compares with cannot be.
 */
export async function whyDenied(
  { txn }: Pick<EtcdClient, 'txn'>,
  etcd: EtcdSettings,
  app: AppName,
  { key }: RecordWrite,
  refusal: EtcdError,
): Promise<Fault> {
  const bytes = Buffer.from(key);
  const answer = await txn({
    compares: [
      { key: bytes, modRevision: revisionZero },
      { key: bytes, modRevision: never },
    ],
    writes: [{ key: bytes, value: Buffer.from('') }],
  });
  const isDenied = !answer.ok && answer.error.type === 'Unauthorised';
  return isDenied ? missingGrant(etcd, app) : etcdFault(refusal, etcd);
}

const never = '1' as typeof revisionZero;

function missingGrant({ fleetPrefix, username }: EtcdSettings, app: AppName): Fault {
  const start = historyStart(fleetPrefix, app);
  const role = `etcdctl role grant-permission ROLE --prefix=true readwrite ${fleetPrefix}/history/`;
  return {
    message: `the account ${username ?? '(none)'} may not read and write below ${start}`,
    remedy: `grant it to a role of that account (${role}), or give --no-history`,
  };
}
