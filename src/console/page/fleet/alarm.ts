/** The alarm at work: watches the fleet whatever view is open, sounds, marks the title, notifies. */
import { useEffect, useReducer } from 'preact/hooks';
import { fill } from '../core/language.ts';
import { chooseMute } from '../core/preferences.ts';
import { store } from '../core/store.ts';
import { markTitle } from '../core/title.ts';
import { type Alarm, type AlarmState, isMuted, noAlarm, reduceAlarm } from './alarmState.ts';
import type { AlarmEvent } from './alarmState.ts';
import { playAlarm } from './alarmSound.ts';
import { alarmTexts } from './alarmTexts.ts';

const kept: { state: AlarmState; soundedAtMs: number } = { state: noAlarm, soundedAtMs: 0 };
const changed = new EventTarget();
const untilKey = 'supervene.muteUntil';
const notifyKey = 'supervene.notify';
/** A fleet that goes down at once is one sound. */
const soundEveryMs = 5_000;

/** Once, at the start of the page. */
export function keepAlarm(): void {
  const untilMs = Number(recall(untilKey) ?? '0');
  if (untilMs > Date.now()) dispatch({ type: 'MutedUntil', untilMs });
  store.listen(look);
  look();
}

export function dispatchAlarm(event: AlarmEvent): void {
  dispatch(event);
}

/** Undefined: hear it again. */
export function muteFor(ms: number | undefined): void {
  chooseMute(false);
  const untilMs = ms === undefined ? undefined : Date.now() + ms;
  keep(untilKey, untilMs === undefined ? '0' : String(untilMs));
  dispatch({ type: 'MutedUntil', untilMs });
}

export function muteUntilUnmuted(): void {
  muteFor(undefined);
  chooseMute(true);
  changed.dispatchEvent(new Event('change'));
}

export function useAlarm(): AlarmState {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const onChange = (): void => redraw(undefined);
    changed.addEventListener('change', onChange);
    return () => changed.removeEventListener('change', onChange);
  }, []);
  return kept.state;
}

export function isNotifying(): boolean {
  return recall(notifyKey) === 'on' && canNotify() && Notification.permission === 'granted';
}

export function canNotify(): boolean {
  return 'Notification' in globalThis && isSecureContext;
}

/** Gives what the browser says to it. */
export async function chooseNotify(isOn: boolean): Promise<NotificationPermission> {
  const permission = isOn ? await Notification.requestPermission() : Notification.permission;
  keep(notifyKey, isOn && permission === 'granted' ? 'on' : 'off');
  changed.dispatchEvent(new Event('change'));
  return permission;
}

function look(): void {
  const { fleet, session, isSessionOver } = store.state();
  if (fleet?.isCaughtUp === true && !isSessionOver) {
    dispatch({ type: 'FleetSeen', fleet, atMs: Date.now() });
  } else if (session?.user === null) dispatch({ type: 'FleetGone' });
}

function dispatch(event: AlarmEvent): void {
  const before = kept.state;
  const state = reduceAlarm(before, event);
  if (state === before) return;
  kept.state = state;
  if (state.raised !== before.raised || state.mutedUntilMs !== before.mutedUntilMs) {
    const count = state.raised.length;
    markTitle(count === 0 ? '' : `(${String(count)}!)`);
    changed.dispatchEvent(new Event('change'));
  }
  if (state.heardCount > before.heardCount) {
    raise(state, state.raised.slice(0, state.heardCount - before.heardCount));
  }
}

function raise(state: AlarmState, begun: readonly Alarm[]): void {
  const nowMs = Date.now();
  const isSilent = store.state().isMuted || isMuted(state, nowMs);
  if (isSilent) return;
  if (nowMs - kept.soundedAtMs >= soundEveryMs) {
    kept.soundedAtMs = nowMs;
    playAlarm();
  }
  if (document.hidden && isNotifying()) notify(begun);
}

/** What happens at once is one notification. */
function notify(begun: readonly Alarm[]): void {
  const lines = begun.slice(0, 5).map(alarmText);
  const texts = alarmTexts[store.state().language];
  const rest = begun.length - lines.length;
  if (rest > 0) lines.push(fill(texts.more, { n: rest }));
  const shown = new Notification('supervene', {
    body: lines.join('\n'),
    icon: '/icon.svg',
    // Several pages of one browser tell of it once.
    tag: begun
      .map(({ key }) => key)
      .join(' ')
      .slice(0, 200),
  });
  shown.onclick = () => {
    window.focus();
    shown.close();
  };
}

export function alarmText({ kind, app, host, detail }: Alarm): string {
  const what = kind === 'Fatal' ? detail : app;
  const name = what === undefined ? host : `${what} @ ${host === '' ? '?' : host}`;
  return fill(alarmTexts[store.state().language][kind], { name });
}

/** Browsers may forbid it: then nothing is kept. */
function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // For this time it holds.
  }
}

function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
