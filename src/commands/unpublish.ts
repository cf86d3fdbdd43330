/** `supervene unpublish APP`: removes its keys in one transaction; signed, it leaves who did it. */
import { parseAppName } from '../domain/appName.ts';
import type { AppName } from '../domain/types.ts';
import { nearest } from '../domain/nearest.ts';
import type { Settings } from '../settings/settings.ts';
import type { AppStore } from './appStore.ts';
import type { CommandRun } from './command.ts';
import { type CommandIo, exitDone, fail, misuse, tellWarning, writeJson } from './commandIo.ts';
import { readWaitMs, tellAndWait } from './fleet/waitForHosts.ts';
import { openAppStore } from './openAppStore.ts';
import { readRecordWish, type RecordWish } from './recordChange.ts';
import { readSigningWish, signChange, type SigningWish } from './signing.ts';

export const runUnpublish: CommandRun = async ({ io, args, options, settings }) => {
  const app = parseAppName(args[0] ?? '');
  if (!app.ok) return misuse(io, app.error);
  const isJson = options.has('json');
  const signing = readSigningWish(options);
  if (!signing.ok) return misuse(io, signing.error);
  const record = readRecordWish(io, options, 'unpublish', Date.now());
  if (!record.ok) return misuse(io, record.error);
  const waitMs = readWaitMs(options);
  if (!waitMs.ok) return misuse(io, waitMs.error);
  const store = await openAppStore(settings);
  if (!store.ok) return fail(io, isJson, { ...store.error });
  try {
    const wish = { app: app.value, isJson, signing: signing.value, record: record.value };
    return await unpublish(io, store.value, { ...wish, waitMs: waitMs.value }, settings);
  } finally {
    store.value.close();
  }
};

interface Wish {
  readonly app: AppName;
  readonly isJson: boolean;
  readonly signing: SigningWish;
  readonly record: RecordWish | undefined;
  /** Undefined: nothing is waited for. */
  readonly waitMs: number | undefined;
}

async function unpublish(
  io: CommandIo,
  store: AppStore,
  { app, isJson, signing, record, waitMs: timeoutMs }: Wish,
  settings: Settings,
): Promise<number> {
  const reading = await store.read(app);
  if (!reading.ok) return fail(io, isJson, { ...reading.error });
  const { entry } = reading.value;
  const { ips, content, rollout } = entry;
  const isGone = ips === undefined && content === undefined && rollout === undefined;
  // Whoever names a version knows of a host that has it, and waits for the signature.
  if (isGone && signing.above === undefined) {
    return fail(io, isJson, await noSuchApp(store, app));
  }
  const place = { app, entry, trustDir: settings.trust.dir, nowMs: Date.now() };
  const signed = await signChange(signing, undefined, place);
  if (!signed.ok) return fail(io, isJson, { ...signed.error });
  if (signed.value.warning !== undefined) tellWarning(io, signed.value.warning);
  const outcome = await store.unpublish(app, entry, signed.value.document, record);
  if (!outcome.ok) return fail(io, isJson, { ...outcome.error });
  if (outcome.value.type === 'Changed') {
    const message = `${app} was changed meanwhile by somebody; nothing was removed`;
    return fail(io, isJson, { message, remedy: 'look at it, and try again' });
  }
  const { revision } = outcome.value;
  const version = signed.value.statement?.version;
  const signedVersion = version === undefined ? {} : { signedVersion: version };
  const how = version === undefined ? '' : `, signed as version ${version}`;
  const targets = [{ app, revision, action: 'unpublish' } as const];
  const isWaiting = timeoutMs !== undefined;
  const request = isWaiting ? { settings, io, targets, timeoutMs, isJson } : undefined;
  return tellAndWait(request, (waited) => {
    const wait = waited === undefined ? {} : { wait: waited.document };
    if (isJson) writeJson(io, { app, removed: true, revision, ...signedVersion, ...wait });
    else io.writeOut(`${app}: removed at revision ${revision}${how}\n`);
    return exitDone;
  });
}

/** Names the nearest app, when there is one and etcd still answers. */
export async function noSuchApp(
  store: AppStore,
  app: string,
): Promise<{ readonly message: string; readonly remedy: string }> {
  const names = await store.names();
  const best = names.ok ? nearest(app, names.value) : undefined;
  const remedy = best === undefined ? '`supervene apps` lists them' : `did you mean ${best}?`;
  return { message: `there is no app ${app}`, remedy };
}
