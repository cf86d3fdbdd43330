/**
 * A button that opens a list of things to do. Arrows, Home, End and letters go through it, Escape and
 * a click beside it close it.
 *
 *     <Menu label={t('more')} glyph="more" items={[
 *       { text: t('restart'), glyph: 'restart', onChoose: restart },
 *       'line',
 *       { text: t('forget'), isDanger: true, whyNot: mayNot, onChoose: forget },
 *     ]} />
 */
import { type ComponentChildren, Fragment } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { followLink } from '../core/router.ts';
import { Button, type ButtonLook } from './Button.tsx';
import { Glyph } from './Glyph.tsx';
import type { GlyphName } from './glyphs.ts';

export interface MenuItem {
  readonly text: string;
  readonly glyph?: GlyphName;
  readonly onChoose?: () => void;
  /** It leads there. */
  readonly href?: string;
  /** One of several, or on and off. */
  readonly isChecked?: boolean;
  readonly isDanger?: boolean;
  readonly whyNot?: string | undefined;
  readonly keys?: string;
}

export interface MenuProps extends ButtonLook {
  readonly label: string;
  /** A text between them is the head of what follows. */
  readonly items: readonly (MenuItem | 'line' | string)[];
  readonly children?: ComponentChildren;
}

export function Menu({ items, ...look }: MenuProps) {
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const place = useRef<HTMLSpanElement>(null);
  return (
    <span ref={place}>
      <Button
        {...look}
        controls={id}
        onClick={() => {
          if (menu.current?.matches(':popover-open') === true) menu.current.hidePopover();
          else if (menu.current !== null) open(menu.current, place.current);
        }}
      />
      <div
        ref={menu}
        id={id}
        class="menu"
        role="menu"
        aria-label={look.label}
        popover="auto"
        onKeyDown={(event) => moveBy(event, menu.current)}
      >
        {items.map((item) => (
          <Entry item={item} onDone={() => close(menu.current, place.current)} />
        ))}
      </div>
    </span>
  );
}

function Entry({
  item,
  onDone,
}: {
  readonly item: MenuItem | string;
  readonly onDone: () => void;
}) {
  if (item === 'line') return <hr />;
  if (typeof item === 'string') return <div class="menu-head">{item}</div>;
  const { text, glyph, href, whyNot, isChecked, isDanger = false, keys } = item;
  const role = isChecked === undefined ? 'menuitem' : 'menuitemradio';
  const shared = {
    class: `menu-item${isDanger ? ' is-danger' : ''}`,
    tabIndex: -1,
    'aria-checked': isChecked,
    'aria-disabled': whyNot === undefined ? undefined : ('true' as const),
  };
  const inside = (
    <Fragment>
      {isChecked === true ? (
        <Glyph name="check" />
      ) : glyph === undefined ? (
        <i />
      ) : (
        <Glyph name={glyph} />
      )}
      <span>{text}</span>
      {keys === undefined ? null : <kbd>{keys}</kbd>}
      {whyNot === undefined ? null : <span class="menu-why">{whyNot}</span>}
    </Fragment>
  );
  if (href !== undefined) {
    const follow = (event: MouseEvent): void => {
      followLink(event);
      onDone();
    };
    return (
      <a {...shared} role="menuitem" href={href} onClick={follow}>
        {inside}
      </a>
    );
  }
  const choose = (): void => {
    if (whyNot !== undefined) return;
    onDone();
    item.onChoose?.();
  };
  return (
    <button {...shared} role={role} type="button" onClick={choose}>
      {inside}
    </button>
  );
}

/** Below its button, or above it where there is no room. */
function open(menu: HTMLElement, place: HTMLElement | null): void {
  menu.showPopover();
  const button = place?.firstElementChild?.getBoundingClientRect();
  if (button !== undefined) {
    const { width, height } = menu.getBoundingClientRect();
    const left = Math.max(8, Math.min(button.left, innerWidth - width - 8));
    const below = button.bottom + 4;
    const top = below + height > innerHeight - 8 ? button.top - height - 4 : below;
    menu.style.left = `${String(left)}px`;
    menu.style.top = `${String(Math.max(8, top))}px`;
  }
  itemsOf(menu)[0]?.focus();
}

function close(menu: HTMLElement | null, place: HTMLElement | null): void {
  menu?.hidePopover();
  const button = place?.firstElementChild;
  if (button instanceof HTMLElement) button.focus();
}

function itemsOf(menu: HTMLElement): readonly HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>('.menu-item')];
}

function moveBy(event: KeyboardEvent, menu: HTMLElement | null): void {
  if (menu === null) return;
  const items = itemsOf(menu);
  const now = items.findIndex((item) => item === document.activeElement);
  const next = nextItem(event, items, now);
  if (event.key === 'Tab') menu.hidePopover();
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  next.focus();
}

function nextItem(
  { key, ctrlKey, metaKey, altKey }: KeyboardEvent,
  items: readonly HTMLElement[],
  now: number,
): HTMLElement | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  if (key === 'ArrowDown') return items[(now + 1) % items.length];
  if (key === 'ArrowUp') return items.at((now <= 0 ? items.length : now) - 1);
  if (key === 'Home') return items[0];
  if (key === 'End') return items.at(-1);
  if (key.length !== 1 || key === ' ') return undefined;
  const after = [...items.slice(now + 1), ...items.slice(0, now + 1)];
  return after.find((item) => item.innerText.trim().toLowerCase().startsWith(key.toLowerCase()));
}
