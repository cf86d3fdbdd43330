/**
 * `supervene status --watch`: on a terminal a picture that is redrawn in place as the fleet changes,
 * elsewhere a line for each change. Ends when it is told to, with what is the case then.
 */
import { compareText, type FleetRow } from '../../domain/fleet/fleetRow.ts';
import { type FleetSummary, summarise } from '../../domain/fleet/fleetSummary.ts';
import type { FleetView } from '../../domain/fleet/fleetView.ts';
import { type CommandIo, exitDifferent, exitDone, type Terminal } from '../commandIo.ts';
import { shorten } from '../textTable.ts';
import { openScreen } from './liveScreen.ts';
import type { FleetAccess, FollowedFleet } from './openFleet.ts';
import { createPace } from './pace.ts';
import { screenLine } from './screenTable.ts';
import { rowSentence, type StatusForm, summaryLine } from './statusText.ts';
import { focusLines, focusOn, type StatusWish } from './statusWish.ts';

/** Between two pictures, however much happens. */
const redrawMinMs = 200;
/** Ages grow while nothing happens. */
const redrawMaxMs = 1000;

export function watchStatus(io: CommandIo, fleet: FleetAccess, wish: StatusWish): Promise<number> {
  const { terminal } = io;
  return terminal === undefined
    ? followAsLines(io, fleet, wish)
    : followOnScreen(io, terminal, fleet, wish);
}

function followOnScreen(
  io: CommandIo,
  terminal: Terminal,
  fleet: FleetAccess,
  wish: StatusWish,
): Promise<number> {
  return new Promise((resolve) => {
    const screen = openScreen(terminal, io.writeOut);
    // A fault of our own must not leave the terminal as it is now either.
    process.once('exit', screen.close);
    let followed: FollowedFleet | undefined;
    const focusNow = createFocus(wish);
    const draw = (): void => {
      if (followed === undefined) return;
      screen.draw(picture(followed, focusNow, io, { terminal, isWhole: wish.isWhole }));
    };
    const pace = createPace(draw, redrawMinMs);
    followed = fleet.follow(pace.soon);
    const clock = setInterval(pace.soon, redrawMaxMs);
    const undo = [terminal.onResize(pace.soon)];
    draw();
    const end = (): void => {
      clearInterval(clock);
      pace.stop();
      for (const act of undo) act();
      followed?.stop();
      screen.close();
      process.off('exit', screen.close);
      resolve(followed === undefined ? exitDifferent : exitOf(followed, wish));
    };
    undo.push(io.onEnd?.(end) ?? (() => undefined));
  });
}

/** Worked out anew only when something has changed: ages alone change the picture more often. */
function createFocus(wish: StatusWish) {
  let before: { readonly view: FleetView; readonly focus: ReturnType<typeof focusOn> } | undefined;
  return (view: FleetView): ReturnType<typeof focusOn> => {
    if (before?.view !== view) before = { view, focus: focusOn(view, wish) };
    return before.focus;
  };
}

function picture(
  followed: FollowedFleet,
  focusNow: ReturnType<typeof createFocus>,
  io: CommandIo,
  { terminal, isWhole }: { readonly terminal: Terminal; readonly isWhole: boolean },
): readonly string[] {
  const form: StatusForm = {
    // The last column is left free: some terminals wrap as soon as it is written to.
    columns: Math.max(1, terminal.columns() - 1),
    hasColours: io.outHasColours,
    nowMs: Date.now(),
    isWhole,
  };
  const fault = followed.fault()?.message;
  const stale =
    fault === undefined ? [] : [screenLine(`NOT CURRENT: ${shorten(fault, 500)}`, form)];
  if (!followed.isListed()) return [...stale, screenLine('reading etcd …', form)];
  const view = followed.view();
  const focus = focusNow(view);
  const lines = focus.ok
    ? focusLines(focus.value, view, form)
    : [screenLine(shorten(focus.error.message, 500), form)];
  const room = terminal.rows() - stale.length - 1;
  const cut = lines.length - room;
  const shown = cut <= 0 ? lines : lines.slice(0, Math.max(1, room - 1));
  const rest =
    cut <= 0 ? [] : [screenLine(`… ${String(lines.length - shown.length)} more lines`, form)];
  const clock = new Date(form.nowMs).toTimeString().slice(0, 8);
  return [...stale, ...shown, ...rest, screenLine(`${clock}  Ctrl-C ends`, form)].slice(
    0,
    Math.max(1, terminal.rows()),
  );
}

function exitOf(followed: FollowedFleet, wish: StatusWish): number {
  if (!followed.isListed() || followed.fault() !== undefined) return exitDifferent;
  const focus = focusOn(followed.view(), wish);
  return focus.ok && focus.value.summary.isConverged ? exitDone : exitDifferent;
}

function followAsLines(io: CommandIo, fleet: FleetAccess, wish: StatusWish): Promise<number> {
  return new Promise((resolve) => {
    let told: Told | undefined;
    let fault: string | undefined;
    const tell = (): void => {
      const now = followed.fault()?.message;
      if (now !== fault) writeLine(io, now === undefined ? 'etcd is back' : shorten(now, 500));
      fault = now;
      if (!followed.isListed()) return;
      const view = followed.view();
      const focus = focusOn(view, wish);
      const summary = focus.ok ? focus.value.summary : summarise(view, wish.selection);
      const next = toldOf(focus.ok ? summary : { ...summary, hosts: [], rows: [] });
      if (told === undefined) {
        writeLine(io, summaryLine(summary));
        for (const sentence of [...next.values()].filter(isOpen)) writeLine(io, sentence);
      } else for (const sentence of changesOf(told, next)) writeLine(io, sentence);
      told = next;
    };
    const pace = createPace(tell, redrawMinMs);
    const followed = fleet.follow(pace.soon);
    const undo = io.onEnd?.(() => {
      pace.stop();
      followed.stop();
      undo?.();
      resolve(exitOf(followed, wish));
    });
  });
}

/** Sentences by what they are about. */
type Told = ReadonlyMap<string, string>;

function toldOf({ rows, hosts }: FleetSummary): Told {
  const told = new Map<string, string>();
  for (const { host, isAlive, problems } of hosts) {
    const state = isAlive ? 'answers' : 'lost';
    const why = problems.length === 0 ? '' : `: ${problems.join('; ')}`;
    told.set(`host ${host}`, shorten(`${host}: ${state}${why}`, 500));
  }
  for (const row of rows) told.set(rowKey(row), rowSentence(row));
  return told;
}

function rowKey({ app, host }: FleetRow): string {
  return `app ${JSON.stringify([app, host])}`;
}

function isOpen(sentence: string): boolean {
  return !/: (?:converged(?:: |$)|answers$)/.test(sentence);
}

function changesOf(before: Told, after: Told): readonly string[] {
  const gone = [...before].flatMap(([key, sentence]) =>
    after.has(key) ? [] : `${sentence.replace(/: .*$/, '')}: gone`,
  );
  const news = [...after].flatMap(([key, sentence]) =>
    before.get(key) === sentence ? [] : sentence,
  );
  return [...gone, ...news].sort(compareText);
}

function writeLine(io: CommandIo, sentence: string): void {
  io.writeOut(`${new Date().toISOString()} ${sentence}\n`);
}
