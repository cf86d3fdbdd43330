/**
 * `supervene publish`: validates, shows what changes, writes all keys in one transaction.
 *
 * Nothing is written that the agents would refuse, and nothing over what was not read.
 */
import { decodeLeafValue, valueSizeMax } from '../../streams/etcdBytes.ts';
import { parseAppName } from '../domain/appName.ts';
import type { DesiredEntry } from '../domain/event.ts';
import { newestRevision } from '../domain/fleet/wantedApp.ts';
import { parsePlacement } from '../domain/placement.ts';
import { type Result, err, ok } from '../domain/result.ts';
import type { AppName, Problem, Revision } from '../domain/types.ts';
import type { Settings } from '../settings/settings.ts';
import type { AppStore } from './appStore.ts';
import { placementItems } from './assessApp.ts';
import { problemLine } from './checkContent.ts';
import type { CommandInput, CommandRun } from './command.ts';
import { exitDifferent, exitDone, exitFailed } from './commandIo.ts';
import { type CommandIo, type Fault, fail, misuse, tellFault, tellWarning } from './commandIo.ts';
import { writeJson } from './commandIo.ts';
import { readWaitMs, tellAndWait, type WaitOutcome } from './fleet/waitForHosts.ts';
import { judgeCheck, judgeContent } from './judgeContent.ts';
import { openAppStore } from './openAppStore.ts';
import { type Change, planChange } from './planChange.ts';
import { readRecordWish, type RecordWish } from './recordChange.ts';
import { editRollout, readRolloutEdit, type RolloutEdit } from './rollout/rolloutEdit.ts';
import { readSigningWish, signChange, type SignedChange, type SigningWish } from './signing.ts';
import { colourDiff } from './unifiedDiff.ts';

export const runPublish: CommandRun = async (input) => {
  const { io } = input;
  const wish = readWish(input);
  if (!wish.ok) return misuse(io, wish.error);
  const given = await readContent(input, wish.value);
  if (typeof given === 'number') return given;
  const store = await openAppStore(input.settings);
  if (!store.ok) return fail(io, wish.value.isJson, { ...store.error });
  try {
    return await publish(io, store.value, { ...wish.value, text: given.text }, input.settings);
  } finally {
    store.value.close();
  }
};

interface Wish {
  readonly app: AppName;
  /** Undefined: stays as it is. */
  readonly hosts: string | undefined;
  /** Undefined: how it goes through its hosts stays as it is. */
  readonly rolloutEdit: RolloutEdit | undefined;
  readonly isDryRun: boolean;
  readonly isJson: boolean;
  readonly signing: SigningWish;
  /** Undefined: it leaves none. */
  readonly record: RecordWish | undefined;
  /** Undefined: nothing is waited for. */
  readonly waitMs: number | undefined;
}

function readWish({ io, args, options }: CommandInput): Result<Wish, Fault> {
  const app = parseAppName(args[0] ?? '');
  if (!app.ok) return app;
  const list = options.text('hosts');
  const edit = readRolloutEdit(options);
  if (!edit.ok) return edit;
  const isEmpty = list === undefined && !options.has('file') && edit.value === undefined;
  if (isEmpty) return err(nothingToDo);
  if (list?.trim() === '') return err(emptyHosts);
  const signing = readSigningWish(options);
  if (!signing.ok) return signing;
  const record = readRecordWish(io, options, 'publish', Date.now());
  if (!record.ok) return record;
  const waitMs = readWaitMs(options);
  if (!waitMs.ok) return waitMs;
  const isWhole = list !== undefined && options.has('file');
  if (signing.value.keys.length > 0 && !isWhole) return err(signsUnseen);
  const placement = parsePlacement(list ?? '');
  if (placement.isUnintelligible) return err(asFault('--hosts', placement.warnings[0]));
  for (const warning of placement.warnings) tellWarning(io, asFault('--hosts', warning));
  const form = { isDryRun: options.has('dry-run'), isJson: options.has('json') };
  const about = { signing: signing.value, record: record.value, waitMs: waitMs.value };
  const wish = { ...form, ...about, rolloutEdit: edit.value };
  // Without blanks: the replaced system, which may read the same keys, knows commas only.
  return ok({ app: app.value, hosts: list && placementItems(list).join(','), ...wish });
}

const nothingToDo: Fault = {
  message: 'neither --hosts nor --file is given: there is nothing to publish',
  remedy:
    'give --file for new content, --hosts for a new placement, or both; --max-unavailable,\n' +
    '  --drain and --healthcheck say how it goes through its hosts',
};

/** What stands in etcd may be anybody's; under a key's name goes only what was at hand. */
const signsUnseen: Fault = {
  message: '--sign: what stays as it is in etcd would be signed unseen',
  remedy: 'give --hosts and --file both; `supervene show APP --raw` shows what is there',
};

const emptyHosts: Fault = {
  message: '--hosts is empty, which would stop the app everywhere',
  remedy: "if that is what you want, write --hosts '!*', or unpublish the app",
};

function asFault(place: string, problem: Problem | undefined): Fault {
  return { message: `${place}: ${problem?.message ?? ''}`, remedy: problem?.remedy };
}

interface GivenContent {
  /** Undefined: stays as it is. */
  readonly text: string | undefined;
}

/** The exit code when it is refused. */
async function readContent(input: CommandInput, wish: Wish): Promise<GivenContent | number> {
  const { io, options } = input;
  const file = options.text('file');
  if (file === undefined) return { text: undefined };
  const bytes = await io.readInput(file, valueSizeMax);
  if (!bytes.ok) return fail(io, wish.isJson, { message: bytes.error });
  const unknownOptions = options.has('allow-unknown') ? 'warn' : 'refuse';
  const value = decodeLeafValue(bytes.value);
  const checked = judgeContent(wish.app, value, unknownOptions, input.settings);
  const shown = file === '-' ? '(standard input)' : file;
  if (!checked.ok) return refuse(io, wish, shown, checked.error);
  for (const warning of checked.value.warnings) {
    tellWarning(io, { message: problemLine(shown, warning) });
  }
  return { text: checked.value.text };
}

function refuse(io: CommandIo, wish: Wish, file: string, problems: readonly Problem[]): number {
  for (const problem of problems) io.writeError(`${problemLine(file, problem)}\n`);
  const what = file === `${wish.app}/rollout` ? 'health check' : 'content';
  tellFault(io, { message: `${wish.app}: not published, the ${what} is refused` });
  if (wish.isJson) writeJson(io, { error: `the ${what} is refused`, app: wish.app, problems });
  return exitFailed;
}

async function publish(
  io: CommandIo,
  store: AppStore,
  wish: Wish & GivenContent,
  settings: Settings,
): Promise<number> {
  const reading = await store.read(wish.app);
  if (!reading.ok) return fail(io, wish.isJson, { ...reading.error });
  const { app } = wish;
  const { entry } = reading.value;
  const rollout = editedRollout(io, entry, wish);
  if (!rollout.ok) return fail(io, wish.isJson, { ...rollout.error });
  const change = planChange(reading.value, { ...wish, rollout: rollout.value });
  if (!change.ok) return fail(io, wish.isJson, { ...change.error });
  const { diff, after } = change.value;
  const content = { type: 'Text', text: after.content } as const;
  const checked = judgeCheck(app, content, after.rollout, settings);
  if (!checked.ok) return refuse(io, wish, `${app}/rollout`, checked.error);
  for (const warning of checked.value) {
    tellWarning(io, { message: problemLine(`${app}/rollout`, warning) });
  }
  const place = { app, entry, trustDir: settings.trust.dir, nowMs: Date.now() };
  const signed = await signChange(wish.signing, after, place);
  if (!signed.ok) return fail(io, wish.isJson, { ...signed.error });
  if (signed.value.warning !== undefined) tellWarning(io, signed.value.warning);
  if (!wish.isJson) io.writeOut(colourDiff(diff, io.outHasColours));
  const isNews = diff !== '' || signed.value.isNews;
  const done = { ...change.value, isNews, signed: signed.value };
  const tell = (at: Revision | undefined): Promise<number> => {
    const revision = at ?? newestRevision(entry);
    const { waitMs: timeoutMs, isJson } = wish;
    const isWaiting = timeoutMs !== undefined && revision !== undefined && !wish.isDryRun;
    const targets = isWaiting ? [{ app, revision, action: 'publish' } as const] : [];
    const request = isWaiting ? { settings, io, targets, timeoutMs, isJson } : undefined;
    return tellAndWait(request, (waited) => tellOutcome(io, wish, done, at, waited));
  };
  if (!isNews || wish.isDryRun) return tell(undefined);
  const values = { ...after, signature: signed.value.document };
  const outcome = await store.publish(app, values, entry, wish.record);
  if (!outcome.ok) return fail(io, wish.isJson, { ...outcome.error });
  if (outcome.value.type === 'Changed') {
    const message = `${wish.app} was changed meanwhile by somebody; nothing was written`;
    return fail(io, wish.isJson, { message, remedy: 'look at it, and try again' });
  }
  return tell(outcome.value.revision);
}

/** Undefined: it stays as it is. What stays is not signed unseen either. */
function editedRollout(
  io: CommandIo,
  { app, ips, content, rollout }: DesiredEntry,
  { rolloutEdit, signing }: Wish,
): Result<{ readonly text: string | undefined } | undefined, Fault> {
  if (rolloutEdit === undefined && rollout === undefined) return ok(undefined);
  const isSigned = signing.keys.length > 0;
  if (rolloutEdit === undefined) {
    if (isSigned) return err(signsRolloutUnseen(app));
    if (ips === undefined && content === undefined) tellWarning(io, wasThere(app));
    return ok(undefined);
  }
  const before = rollout?.value.type === 'Text' ? rollout.value.text : undefined;
  const edited = editRollout(before, rolloutEdit);
  if (!edited.ok) return edited;
  const alone = editRollout(undefined, rolloutEdit);
  if (isSigned && !(alone.ok && alone.value === edited.value)) return err(signsRolloutUnseen(app));
  return ok({ text: edited.value });
}

function signsRolloutUnseen(app: string): Fault {
  return {
    message: `--sign: the rollout of ${app} that stays as it is in etcd would be signed unseen`,
    remedy: 'give all of --max-unavailable, --drain and --healthcheck, or off',
  };
}

function wasThere(app: string): Fault {
  return {
    message: `${app} had a rollout key before it had anything else; it counts from now on`,
    remedy: `\`supervene show ${app}\` shows it; --max-unavailable off takes it away`,
  };
}

function tellOutcome(
  io: CommandIo,
  wish: Wish,
  change: Change & { readonly isNews: boolean; readonly signed: SignedChange },
  revision: string | undefined,
  waited: WaitOutcome | undefined,
): number {
  const { app, isDryRun, isJson } = wish;
  const { diff, hosts, after, isNews: isDifferent, signed } = change;
  const version = isDifferent ? signed.statement?.version : undefined;
  if (isJson) {
    writeJson(io, {
      app,
      isChanged: isDifferent,
      isDryRun,
      hosts,
      rollout: after.rollout ?? null,
      diff,
      revision: revision ?? null,
      ...(version === undefined ? {} : { signedVersion: version }),
      ...(waited === undefined ? {} : { wait: waited.document }),
    });
  } else if (!isDifferent) io.writeOut(`${app}: nothing to change\n`);
  else if (isDryRun) io.writeOut(`${app}: would change; nothing was written\n`);
  else {
    const how = version === undefined ? '' : `, signed as version ${version}`;
    io.writeOut(`${app}: published at revision ${revision ?? ''}${how}\n`);
  }
  if (!isDifferent) return exitDone;
  return isDryRun ? exitDifferent : exitDone;
}
