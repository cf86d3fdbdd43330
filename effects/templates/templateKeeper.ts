/**
 * Keeps one file equal to its template and what is offered: renders, checks, replaces, and reloads
 * until that has succeeded. What goes wrong is told, tried again ever more rarely, and is no other
 * template's matter; the file that stands stays until there is a better one.
 */
import type { SchedulerLike } from 'rxjs';
import type { FileDeps } from '../../src/clients/fileSystem.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { fillIn, type Hook, type Template } from '../../src/domain/template/template.ts';
import type { TemplateSource } from '../../src/domain/template/templateData.ts';
import { createAlarm } from '../fleet/alarm.ts';
import { within } from '../fleet/within.ts';
import * as files from './files.ts';
import type { OwedReloads } from './owedReloads.ts';
import { createRenderer, type MakeText, type Renderer } from './renderer.ts';
import { type TakenFiles, whyTaken } from './takenFiles.ts';
import { usualLimits } from './templateLimits.ts';

/** Why a hook did not do what it is there for; undefined when it did. */
export type RunHook = (
  hook: Hook,
  words: readonly string[],
  signal: AbortSignal,
) => Promise<string | undefined>;

export interface KeeperDeps extends FileDeps {
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
  readonly makeText: MakeText;
  readonly owed: OwedReloads;
  readonly taken: TakenFiles;
  readonly runHook: RunHook;
  /** The error is a sentence. */
  readonly lookUpOwner: (
    owner: Template['owner'],
  ) => Promise<
    Result<{ readonly uid?: number | undefined; readonly gid?: number | undefined }, string>
  >;
  readonly tell: (news: KeeperNews) => void;
}

export type KeeperNews =
  | Readonly<{ type: 'Written'; sizeBytes: number; isRepair: boolean }>
  | Readonly<{ type: 'Reloaded' }>
  | Readonly<{ type: 'Failed'; fault: KeeperFault }>
  /** All is as it was last offered: in place, and reloaded. */
  | Readonly<{ type: 'Done'; offer: Offer | undefined }>;

export interface KeeperFault {
  readonly at: 'Render' | 'Write' | 'Check' | 'Reload';
  readonly detail: string;
  /** It takes too much to be tried at every change. */
  readonly isCostly: boolean;
}

export interface Offer {
  readonly data: TemplateSource;
  /** Nothing may be made of it but a file that is not there yet. */
  readonly isDoubtful: boolean;
}

export interface TemplateKeeper {
  /** Undefined: nobody knows what is true; the file stays as it was last. */
  readonly offer: (offer: Offer | undefined) => void;
  readonly isReloadOwed: () => boolean;
  /** Resolves when all is over, or after a second. */
  readonly stop: () => Promise<void>;
}

const pauseMinMs = 200;
const pauseMaxMs = 30_000;
/** Of what holds up all other templates while it runs. */
const costlyPauseMinMs = 10_000;
/** Somebody may have edited the file, or the template. */
const rescanMs = 10_000;
const stopMs = 1_000;

interface Life {
  readonly template: Template;
  readonly deps: KeeperDeps;
  readonly over: AbortSignal;
  offered: Offer | undefined;
  /** Something was offered since it was last looked at. */
  isNews: boolean;
  /** What is to stand there, as far as is known in this life. */
  text: string | undefined;
  /** What was put there last. */
  placed: string | undefined;
}

export function keepTemplate(deps: KeeperDeps, template: Template): TemplateKeeper {
  const over = new AbortController();
  const alarm = createAlarm(deps.scheduler, over.signal);
  const life: Life = {
    ...{ template, deps, over: over.signal },
    ...{ offered: undefined, isNews: false },
    ...{ text: undefined, placed: undefined },
  };
  const ended = run(life, alarm.wait);
  return {
    offer: (offered) => {
      life.offered = offered;
      life.isNews = true;
      alarm.ring();
    },
    isReloadOwed: () => deps.owed.has(template.dest),
    stop: async () => {
      over.abort();
      await within(deps.scheduler, stopMs, ended);
    },
  };
}

async function run(life: Life, wait: (untilMs: number) => Promise<void>): Promise<void> {
  const { deps, template, over } = life;
  const { scheduler, random } = deps;
  const renderer = createRenderer({ ...deps, sourceMax: usualLimits.sourceMax }, template.src);
  await files.sweepStaged(deps.fileSystem, template.dest);
  let failures = 0;
  while (!over.aborted) {
    life.isNews = false;
    const { offered } = life;
    const fault = await attempt(life, renderer.render);
    if (over.aborted) return;
    if (fault === undefined) {
      failures = 0;
      deps.tell({ type: 'Done', offer: offered });
    } else deps.tell({ type: 'Failed', fault });
    const floorMs = fault?.isCostly === true ? costlyPauseMinMs : pauseMinMs;
    const backoffMs = Math.min(pauseMaxMs, floorMs * 2 ** Math.min(failures, 10));
    const pauseMs = fault === undefined ? rescanMs : backoffMs * (0.75 + random() / 4);
    if (fault !== undefined) failures += 1;
    const untilMs = scheduler.now() + pauseMs;
    // What is new is looked at at once; but not what costs much each time.
    const mayBeWoken = fault?.isCostly !== true;
    while (!over.aborted && scheduler.now() < untilMs && !(mayBeWoken && life.isNews)) {
      await wait(untilMs);
    }
  }
}

async function attempt(life: Life, render: Renderer['render']): Promise<KeeperFault | undefined> {
  const { deps, template, offered } = life;
  const taken = await whyTaken(deps.fileSystem, template.dest, deps.taken);
  if (taken !== undefined) return { at: 'Write', detail: taken, isCostly: false };
  if (offered !== undefined && !(offered.isDoubtful && (await isThere(life)))) {
    const made = await render(offered.data);
    if (!made.ok) {
      const { type, detail } = made.error;
      return { at: 'Render', detail, isCostly: type === 'TooMuch' || type === 'BrokenDown' };
    }
    life.text = made.value;
  }
  if (life.text !== undefined) {
    const fault = await install(life, life.text);
    if (fault !== undefined) return fault;
  }
  return deps.owed.has(template.dest) ? reload(life) : undefined;
}

async function isThere({ deps, template }: Life): Promise<boolean> {
  const standing = await files.lookAt(deps.fileSystem, template.dest, 0);
  return !standing.ok || standing.value.type !== 'Absent';
}

async function install(life: Life, text: string): Promise<KeeperFault | undefined> {
  const { deps, template, over } = life;
  const { dest, mode, check } = template;
  const failed = (detail: string): KeeperFault => ({ at: 'Write', detail, isCostly: false });
  const owner = await deps.lookUpOwner(template.owner);
  if (!owner.ok) return failed(owner.error);
  const access = { mode, uid: owner.value.uid, gid: owner.value.gid };
  const sizeBytes = Buffer.byteLength(text);
  const standing = await files.lookAt(deps.fileSystem, dest, sizeBytes);
  if (!standing.ok) return failed(standing.error.detail);
  if (files.isAsWanted(standing.value, text, access)) {
    life.placed = text;
    return undefined;
  }
  const staged = await files.stage(deps, dest, text, access);
  if (!staged.ok) return failed(staged.error.detail);
  const isIntact = async (): Promise<boolean> => {
    const now = await files.lookAt(deps.fileSystem, staged.value, sizeBytes);
    return now.ok && files.isAsWanted(now.value, text, access);
  };
  const done = await replace(life, staged.value, check, isIntact);
  if (!done.ok || over.aborted) await files.discard(deps.fileSystem, staged.value);
  if (!done.ok) return done.error;
  deps.tell({ type: 'Written', sizeBytes, isRepair: text === life.placed });
  life.placed = text;
  return undefined;
}

async function replace(
  { deps, template, over }: Life,
  staged: string,
  check: Hook | undefined,
  isIntact: () => Promise<boolean>,
): Promise<Result<void, KeeperFault>> {
  const { dest } = template;
  if (check !== undefined) {
    const words = fillIn(check.words, { staged, dest });
    const detail = await deps.runHook(check, words, over);
    if (detail !== undefined) return err({ at: 'Check', detail, isCostly: false });
    // It would differ from what is rendered next, and be written again and again.
    if (!over.aborted && !(await isIntact())) {
      return err({ at: 'Check', detail: 'its check changed the file', isCostly: false });
    }
  }
  if (over.aborted) return err({ at: 'Write', detail: 'the agent ends', isCostly: false });
  if (template.reload !== undefined) {
    // First, so that a crash in between costs a reload too many, and never one too few.
    const noted = await deps.owed.set(dest, true);
    if (!noted.ok) return err({ at: 'Write', detail: noted.error.detail, isCostly: false });
  }
  const placed = await files.putInPlace(deps.fileSystem, staged, dest);
  return placed.ok
    ? ok(undefined)
    : err({ at: 'Write', detail: placed.error.detail, isCostly: false });
}

async function reload({ deps, template, over }: Life): Promise<KeeperFault | undefined> {
  const { dest, reload: hook } = template;
  if (hook !== undefined) {
    const detail = await deps.runHook(hook, fillIn(hook.words, { dest }), over);
    if (detail !== undefined) return { at: 'Reload', detail, isCostly: false };
    deps.tell({ type: 'Reloaded' });
  }
  const struck = await deps.owed.set(dest, false);
  return struck.ok ? undefined : { at: 'Reload', detail: struck.error.detail, isCostly: false };
}
