/** `supervene history APP [REV]`: who changed it, when, from where, why and what. */
import { parseAppName } from '../../domain/appName.ts';
import { type HistoryItem, presentTexts } from '../../domain/fleet/appHistory.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import { parseRevision, type AppName, type Revision } from '../../domain/types.ts';
import type { AppStore } from '../appStore.ts';
import type { CommandOptions, CommandRun } from '../command.ts';
import { type CommandIo, exitDone, type Fault, fail, misuse } from '../commandIo.ts';
import { tellWarning, writeJson } from '../commandIo.ts';
import { openAppStore } from '../openAppStore.ts';
import { paint, shorten, textTable, visible } from '../textTable.ts';
import { colourDiff } from '../unifiedDiff.ts';
import { noSuchApp } from '../unpublish.ts';
import { itemDiff, timeText, whatText, whoText } from './historyTexts.ts';
import type { AppHistory } from './readAppHistory.ts';

interface Wish {
  readonly app: AppName;
  /** One change alone. */
  readonly revision: Revision | undefined;
  readonly limit: number;
  readonly hasDiffs: boolean;
  readonly isJson: boolean;
}

export const runHistory: CommandRun = async ({ io, args, options, settings }) => {
  const wish = readWish(args, options);
  if (!wish.ok) return misuse(io, wish.error);
  const store = await openAppStore(settings);
  if (!store.ok) return fail(io, wish.value.isJson, { ...store.error });
  try {
    return await tellHistory(io, store.value, wish.value);
  } finally {
    store.value.close();
  }
};

/** Of etcd each change is asked for by itself. */
export const changesMax = 1000;

function readWish(args: readonly string[], options: CommandOptions): Result<Wish, Fault> {
  const app = parseAppName(args[0] ?? '');
  if (!app.ok) return app;
  const revision = args[1] === undefined ? undefined : parseRevision(args[1]);
  if (args[1] !== undefined && revision === undefined) return err(noRevision(args[1]));
  const limit = options.text('limit') ?? '20';
  if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > changesMax) {
    const message = `--limit: ${JSON.stringify(limit)} is not a number from 1 to 1000`;
    return err({ message });
  }
  return ok({
    app: app.value,
    revision,
    limit: revision === undefined ? Number(limit) : changesMax,
    hasDiffs: options.has('diff') || revision !== undefined,
    isJson: options.has('json'),
  });
}

export function noRevision(text: string): Fault {
  return {
    message: `${JSON.stringify(text)} is no revision`,
    remedy: 'take one from the first column of `supervene history APP`',
  };
}

async function tellHistory(io: CommandIo, store: AppStore, wish: Wish): Promise<number> {
  const { app, isJson, revision } = wish;
  const read = await store.history(app, wish.limit);
  if (!read.ok) return fail(io, isJson, { ...read.error });
  const { items } = read.value;
  if (items.length === 0) return fail(io, isJson, await noSuchApp(store, app));
  const shown =
    revision === undefined
      ? items.slice(0, wish.limit)
      : items.filter((item) => item.revision === revision);
  if (shown.length === 0) {
    const message = `${app} was not changed at revision ${revision ?? ''}, as far as is known`;
    return fail(io, isJson, { message, remedy: `\`supervene history ${app}\` lists its changes` });
  }
  tellRecords(io, read.value);
  if (isJson) writeJson(io, documentOf(app, read.value, shown));
  else if (wish.hasDiffs) for (const item of shown) tellItem(io, app, item);
  else io.writeOut(textTable([columns, ...shown.map(row)]));
  if (!isJson && revision === undefined) io.writeOut(endText(read.value, shown));
  return exitDone;
}

const falseShownMax = 5;

export function tellRecords(io: CommandIo, { areRecordsDenied, falseRecords }: AppHistory): void {
  if (areRecordsDenied) {
    tellWarning(io, {
      message: 'the records of publishes may not be read by this account',
      remedy: 'what follows is what etcd itself still has; who and why are in the records',
    });
  }
  if (falseRecords.length === 0) return;
  const more = falseRecords.length > falseShownMax ? ', …' : '';
  const which = `${falseRecords.slice(0, falseShownMax).join(', ')}${more}`;
  tellWarning(io, {
    message: `passed over: records that no change of the app belongs to, written at ${which}`,
    remedy: 'somebody who may write below history/ put them there; they can be deleted',
  });
}

const columns = ['REVISION', 'WHEN', 'WHO', 'WHAT', 'WHY'] as const;

function row(item: HistoryItem): readonly string[] {
  const { revision, publication } = item;
  const why = shorten(publication?.message ?? '', 60);
  const time = timeText(publication?.atMs);
  return [revision ?? '?', time, whoText(item), whatText(item), why];
}

function tellItem(io: CommandIo, app: AppName, item: HistoryItem): void {
  const { revision, publication, before, after } = item;
  const head = `revision ${revision ?? '?'}  ${timeText(publication?.atMs)}  ${whoText(item)}`;
  io.writeOut(`${paint(io.outHasColours, 'bold', head)}\n${whatText(item)}\n`);
  if (publication?.message !== undefined) io.writeOut(`\n    ${visible(publication.message)}\n`);
  const diff = itemDiff(app, before, after, ['before', 'after']);
  const text = diff === undefined ? '(no diff: one side is no longer known)\n' : visible(diff);
  io.writeOut(`\n${colourDiff(text, io.outHasColours)}${diff === '' ? '' : '\n'}`);
}

function endText({ items, memoryFrom }: AppHistory, shown: readonly HistoryItem[]): string {
  const more = items.length > shown.length ? 'there are older ones: see --limit\n' : '';
  if (memoryFrom === undefined) return more;
  return `${more}etcd remembers revisions from ${memoryFrom}; what is older only the records say\n`;
}

function documentOf(app: AppName, history: AppHistory, shown: readonly HistoryItem[]) {
  return {
    app,
    memoryFrom: history.memoryFrom ?? null,
    hasMore: history.items.length > shown.length,
    falseRecords: history.falseRecords,
    changes: shown.map(({ revision, publication, before, after, ...item }) => ({
      revision: revision ?? null,
      action: publication?.action ?? null,
      by: publication?.by ?? null,
      from: publication?.from ?? null,
      at: publication === undefined ? null : timeText(publication.atMs),
      message: publication?.message ?? null,
      backTo: publication?.to ?? null,
      hasUnreadableRecord: item.hasUnreadableRecord,
      isInEtcd: item.isInEtcd,
      before: presentTexts(before) ?? null,
      isBeforeForgotten: before === 'Forgotten',
      after: presentTexts(after) ?? null,
      isAfterForgotten: after === 'Forgotten',
      diff: itemDiff(app, before, after, ['before', 'after']) ?? null,
    })),
  };
}
