/**
 * Keys: one at a time (`r`), or one after another (`g f`). They are silent while something is typed
 * and under dialogs, and never take a key from the browser. `?` shows all that hold where one is.
 *
 *     useShortcuts(t('fleet'), [{ keys: 'r', text: t('restart'), run: restart }]);
 */
import { useEffect, useRef } from 'preact/hooks';
import { createKeyReader } from './keyReader.ts';

export interface Shortcut {
  readonly keys: string;
  /** What it does. */
  readonly text: string;
  readonly run: () => void;
}

export interface ShortcutGroup {
  readonly head: string;
  /** The frame's: what a view says goes before. */
  readonly isFrame?: boolean;
  readonly shortcuts: readonly Shortcut[];
}

const groups = new Set<{ readonly current: ShortcutGroup }>();

export function useShortcuts(head: string, shortcuts: readonly Shortcut[], isFrame = false): void {
  const group = useRef<ShortcutGroup>({ head, shortcuts, isFrame });
  group.current = { head, shortcuts, isFrame };
  useEffect(() => {
    groups.add(group);
    return () => {
      groups.delete(group);
    };
  }, []);
}

export function shortcutGroups(): readonly ShortcutGroup[] {
  const all = [...groups].map(({ current }) => current);
  return [...all.filter(({ isFrame }) => isFrame !== true), ...all.filter((one) => one.isFrame)];
}

const reader = createKeyReader();

/** Once, at the start of the page. */
export function hearKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.isComposing || isTyping(event.target)) return;
    const known = shortcutGroups().flatMap(({ shortcuts }) => shortcuts);
    const keys = reader.read(
      event.key,
      event.timeStamp,
      known.map((shortcut) => shortcut.keys),
    );
    const found = known.find((shortcut) => shortcut.keys === keys);
    if (found === undefined) return;
    event.preventDefault();
    found.run();
  });
}

const typed = 'input:not([type=checkbox], [type=radio], [type=range]), textarea, select';

function isTyping(target: EventTarget | null): boolean {
  if (document.querySelector('dialog[open], :popover-open[role=menu]') !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches(typed);
}
