/**
 * `supervene rollback APP`: publishes again what stood there before.
 *
 * It is validated, compared and recorded as any publish. What comes out of etcd may be anybody's:
 * it is signed, and what only a record vouches for is put back, only when its digest was given.
 */
import { parseAppName } from '../../domain/appName.ts';
import { newestRevision } from '../../domain/fleet/wantedApp.ts';
import type { AppTexts } from '../../domain/fleet/publication.ts';
import { parsePlacement } from '../../domain/placement.ts';
import { parseRollout } from '../../domain/rollout/rolloutCodec.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import { sha256 } from '../../domain/sha256.ts';
import { type AppName, parseRevision, type Problem, type Revision } from '../../domain/types.ts';
import type { Settings } from '../../settings/settings.ts';
import type { AppStore } from '../appStore.ts';
import { placementItems } from '../assessApp.ts';
import { problemLine } from '../checkContent.ts';
import type { CommandInput, CommandRun } from '../command.ts';
import { type CommandIo, exitDifferent, exitDone, exitFailed } from '../commandIo.ts';
import { type Fault, fail, misuse, tellFault, tellWarning, writeJson } from '../commandIo.ts';
import { readWaitMs, tellAndWait, type WaitOutcome } from '../fleet/waitForHosts.ts';
import { judgeCheck, judgeContent } from '../judgeContent.ts';
import { openAppStore } from '../openAppStore.ts';
import { type Change, planChange, type WantedTexts } from '../planChange.ts';
import { readRecordWish, type RecordWish } from '../recordChange.ts';
import { readSigningWish, signChange, type SigningWish } from '../signing.ts';
import { visible } from '../textTable.ts';
import { colourDiff } from '../unifiedDiff.ts';
import { noSuchApp } from '../unpublish.ts';
import { rolloutKeyLines } from '../rollout/rolloutKeyLines.ts';
import { findPast, keptRollout, type Past } from './goBack.ts';
import { changesMax, noRevision, tellRecords } from './history.ts';

export const runRollback: CommandRun = async (input) => {
  const { io, settings } = input;
  const wish = readWish(input);
  if (!wish.ok) return misuse(io, wish.error);
  const store = await openAppStore(settings);
  if (!store.ok) return fail(io, wish.value.isJson, { ...store.error });
  try {
    return await rollback(io, store.value, wish.value, settings);
  } finally {
    store.value.close();
  }
};

interface Wish {
  readonly app: AppName;
  readonly to: Revision | undefined;
  readonly parts: 'Both' | 'Content' | 'Hosts';
  readonly unknownOptions: 'warn' | 'refuse';
  readonly isDryRun: boolean;
  readonly isJson: boolean;
  readonly signing: SigningWish;
  /** Of what is to be put back, as it was seen. */
  readonly digest: string | undefined;
  readonly record: RecordWish | undefined;
  /** Undefined: nothing is waited for. */
  readonly waitMs: number | undefined;
}

function readWish({ io, args, options }: CommandInput): Result<Wish, Fault> {
  const app = parseAppName(args[0] ?? '');
  if (!app.ok) return app;
  const toText = options.text('to');
  const to = toText === undefined ? undefined : parseRevision(toText);
  if (toText !== undefined && to === undefined) return err(noRevision(toText));
  const [isContent, isHosts] = [options.has('content-only'), options.has('hosts-only')];
  if (isContent && isHosts) {
    return err({ message: '--content-only and --hosts-only exclude each other' });
  }
  const signing = readSigningWish(options);
  if (!signing.ok) return signing;
  const isSigned = signing.value.keys.length > 0;
  const digest = options.text('digest')?.toLowerCase();
  if (isSigned && (isContent || isHosts)) return err(signsUnseen);
  if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest)) {
    return err({ message: '--digest is 64 hexadecimal digits' });
  }
  const record = readRecordWish(io, options, 'rollback', Date.now());
  if (!record.ok) return record;
  const waitMs = readWaitMs(options);
  if (!waitMs.ok) return waitMs;
  return ok({
    app: app.value,
    to,
    parts: isContent ? 'Content' : isHosts ? 'Hosts' : 'Both',
    unknownOptions: options.has('allow-unknown') ? 'warn' : 'refuse',
    isDryRun: options.has('dry-run'),
    isJson: options.has('json'),
    signing: signing.value,
    digest,
    record: record.value,
    waitMs: waitMs.value,
  });
}

const signsUnseen: Fault = {
  message: '--sign: what stays as it is in etcd would be signed unseen',
  remedy: 'leave out --content-only and --hosts-only',
};

async function rollback(
  io: CommandIo,
  store: AppStore,
  wish: Wish,
  settings: Settings,
): Promise<number> {
  const { app, isJson } = wish;
  const reading = await store.read(app);
  if (!reading.ok) return fail(io, isJson, { ...reading.error });
  const history = await store.history(app, changesMax);
  if (!history.ok) return fail(io, isJson, { ...history.error });
  if (history.value.items.length === 0) return fail(io, isJson, await noSuchApp(store, app));
  tellRecords(io, history.value);
  const past = findPast(app, history.value, wish.to);
  if (!past.ok) return fail(io, isJson, { ...past.error });
  const { entry } = reading.value;
  const kept = wish.parts === 'Both' ? keptRollout(entry, past.value.texts) : undefined;
  const texts = { ...past.value.texts, ...(kept === undefined ? {} : { rollout: kept }) };
  const wanted = judge(io, wish, { ...past.value, texts }, settings);
  if (!wanted.ok) {
    for (const problem of wanted.error) io.writeError(`${problem}\n`);
    const message = `${app}: not rolled back, what stood there is refused`;
    tellFault(io, { message });
    if (isJson) writeJson(io, { error: message, app, problems: wanted.error });
    return exitFailed;
  }
  const change = planChange({ entry }, { app, ...wanted.value });
  if (!change.ok) return fail(io, isJson, { ...change.error });
  const { after, diff } = change.value;
  if (!isJson) io.writeOut(colourDiff(diff, io.outHasColours));
  if (!isJson && kept !== undefined) io.writeOut(keptText(app, kept));
  const unseen = whyUnseen(io, wish, change.value, past.value);
  if (unseen !== undefined) return fail(io, isJson, { ...unseen });
  const place = { app, entry, trustDir: settings.trust.dir, nowMs: Date.now() };
  const signed = await signChange(wish.signing, after, place);
  if (!signed.ok) return fail(io, isJson, { ...signed.error });
  if (signed.value.warning !== undefined) tellWarning(io, signed.value.warning);
  const isNews = diff !== '' || signed.value.isNews;
  const news = { ...change.value, isNews, past: past.value, isRolloutKept: kept !== undefined };
  const tell = (written: Revision | undefined): Promise<number> => {
    const revision = written ?? newestRevision(entry);
    const { waitMs: timeoutMs } = wish;
    const isWaiting = timeoutMs !== undefined && revision !== undefined && !wish.isDryRun;
    const targets = isWaiting ? [{ app, revision, action: 'publish' } as const] : [];
    const request = isWaiting ? { settings, io, targets, timeoutMs, isJson } : undefined;
    return tellAndWait(request, (waited) => tellOutcome(io, wish, news, written, waited));
  };
  if (!isNews || wish.isDryRun) return tell(undefined);
  const values = { ...after, signature: signed.value.document };
  const { revision: to } = past.value;
  const record = wish.record && { ...wish.record, ...(to === undefined ? {} : { to }) };
  const outcome = await store.publish(app, values, entry, record);
  if (!outcome.ok) return fail(io, isJson, { ...outcome.error });
  if (outcome.value.type === 'Changed') {
    const message = `${app} was changed meanwhile by somebody; nothing was written`;
    return fail(io, isJson, { message, remedy: 'look at it, and try again' });
  }
  return tell(outcome.value.revision);
}

function keptText(app: AppName, kept: string): string {
  const settings = rolloutKeyLines(kept).split('\n').join(', ');
  const lines = [
    `${app}/rollout stays, what it goes back to had none: ${visible(settings)}`,
    `  (\`supervene publish ${app} --max-unavailable off --healthcheck off\` takes it away)`,
  ];
  return `${lines.join('\n')}\n`;
}

/** By the rules of today. The error: a line for each problem. */
function judge(
  io: CommandIo,
  { app, parts, unknownOptions }: Wish,
  { texts, revision }: Past,
  settings: Settings,
): Result<Omit<WantedTexts, 'app'>, readonly string[]> {
  const place = `${app}@${revision ?? 'before'}`;
  const { ips, content, rollout } = partsOf(texts, parts);
  const missing = (what: string): string => `${place}: its ${what} was missing or cannot be read`;
  if (parts !== 'Content' && ips === undefined) return err([missing('placement')]);
  if (parts !== 'Hosts' && content === undefined) return err([missing('content')]);
  const placement = parsePlacement(ips ?? '');
  const tell = (problem: Problem): string => problemLine(place, problem);
  if (placement.isUnintelligible) return err(placement.warnings.map(tell));
  for (const warning of placement.warnings) tellWarning(io, { message: tell(warning) });
  const read = rollout === undefined ? undefined : parseRollout(rollout);
  if (read?.ok === false) return err([tell(read.error)]);
  const hosts = ips === undefined ? undefined : placementItems(ips).join(',');
  // A part alone leaves it as it is.
  const way = parts === 'Both' ? { rollout: { text: rollout } } : {};
  if (content === undefined) return ok({ hosts, text: undefined, ...way });
  const value = { type: 'Text', text: Buffer.from(content).toString('base64') } as const;
  const judged = judgeContent(app, value, unknownOptions, settings);
  if (!judged.ok) return err(judged.error.map(tell));
  for (const warning of judged.value.warnings) tellWarning(io, { message: tell(warning) });
  const checked = judgeCheck(app, value, rollout, settings);
  if (!checked.ok) return err(checked.error.map(tell));
  for (const warning of checked.value) tellWarning(io, { message: tell(warning) });
  return ok({ hosts, text: judged.value.text, ...way });
}

function partsOf({ ips, content, rollout }: AppTexts, parts: Wish['parts']): AppTexts {
  return {
    rollout,
    ips: parts === 'Content' ? undefined : ips,
    content: parts === 'Hosts' ? undefined : content,
  };
}

/** What is signed, or known from a record alone, is to be seen first: the digest says that it was. */
function whyUnseen(
  io: CommandIo,
  wish: Wish,
  { after, diff }: Change,
  { isVouchedFor }: Past,
): Fault | undefined {
  const isSigned = wish.signing.keys.length > 0;
  const way = after.rollout === undefined ? '' : `\n${after.rollout}`;
  const digest = sha256(`${after.ips}\n${after.content}${way}`);
  const isDoubtful = !isVouchedFor && diff !== '';
  if (wish.digest === digest) return undefined;
  const remedy = `if this is what is to be ${isSigned ? 'signed' : 'put back'}, give --digest ${digest}`;
  if (wish.digest !== undefined) {
    const not = isSigned ? 'signed' : 'written';
    const message = `--digest is not that of what would be put back; nothing was ${not}`;
    if (isSigned) showAll(io, wish, after);
    return { message, remedy };
  }
  if (isSigned) {
    showAll(io, wish, after);
    return { message: '--sign: what comes from etcd is not signed unseen', remedy };
  }
  if (!isDoubtful) return undefined;
  const why = 'only a record says that this stood there: etcd does not reach back so far';
  if (!wish.isDryRun) return { message: `${why}; nothing was written`, remedy };
  tellWarning(io, { message: why, remedy });
  return undefined;
}

function showAll(
  io: CommandIo,
  { isJson }: Wish,
  { ips, content, rollout }: Change['after'],
): void {
  if (isJson) return;
  const text = Buffer.from(content, 'base64').toString('utf8');
  const way = rollout === undefined ? '' : `rollout   ${visible(rollout)}\n`;
  io.writeOut(`\nhosts     ${visible(ips)}\n${way}\n${visible(text)}\n`);
}

interface News extends Change {
  readonly isNews: boolean;
  readonly past: Past;
  readonly isRolloutKept: boolean;
}

function tellOutcome(
  io: CommandIo,
  { app, isDryRun, isJson }: Wish,
  { diff, hosts, isNews, past, isRolloutKept }: News,
  revision: Revision | undefined,
  waited: WaitOutcome | undefined,
): number {
  const backTo = past.revision ?? null;
  const to = backTo === null ? 'what stood there before' : `revision ${backTo}`;
  if (isJson) {
    const outcome = { app, isChanged: isNews, isDryRun, backTo, isRolloutKept, hosts, diff };
    const wait = waited === undefined ? {} : { wait: waited.document };
    writeJson(io, { ...outcome, revision: revision ?? null, ...wait });
  } else if (!isNews) {
    const but = isRolloutKept ? ' but for its rollout' : '';
    io.writeOut(`${app}: nothing to change, it is as at ${to}${but}\n`);
  } else if (isDryRun) io.writeOut(`${app}: would go back to ${to}; nothing was written\n`);
  else io.writeOut(`${app}: back to ${to}, published at revision ${revision ?? ''}\n`);
  return isNews && isDryRun ? exitDifferent : exitDone;
}
