/**
 * What somebody should know, where it belongs, and `say(…)` for what passes by itself.
 *
 *     <Notice tone="warn" title={t('stale')}>{t('why')}</Notice>
 *     <FaultNotice fault={refusal} />        what the console answered
 *     say({ tone: 'good', text: t('published') });
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useReducer, useRef } from 'preact/hooks';
import type { ApiFault } from '../../../domain/console/api.ts';
import { useTexts } from '../core/store.ts';
import type { Tone } from './Badge.tsx';
import { Button } from './Button.tsx';
import { Glyph } from './Glyph.tsx';
import type { GlyphName } from './glyphs.ts';
import { partTexts } from './texts.ts';

const glyphsByTone: Readonly<Record<Tone, GlyphName>> = {
  good: 'good',
  info: 'info',
  warn: 'warn',
  bad: 'bad',
  odd: 'rolledBack',
  idle: 'info',
};

export interface NoticeProps {
  readonly tone: Tone;
  readonly title?: string;
  readonly onClose?: () => void;
  /** It is read out at once when it appears. */
  readonly isUrgent?: boolean;
  readonly children?: ComponentChildren;
}

export function Notice({ tone, title, onClose, isUrgent = false, children }: NoticeProps) {
  const t = useTexts(partTexts);
  return (
    <div class={`notice is-${tone}`} role={isUrgent ? 'alert' : undefined}>
      <Glyph name={glyphsByTone[tone]} />
      <div class="notice-body">
        {title === undefined ? null : <div class="notice-title">{title}</div>}
        {children}
      </div>
      {onClose === undefined ? null : (
        <Button glyph="close" label={t('close')} kind="quiet" isSmall onClick={onClose} />
      )}
    </div>
  );
}

/** What was refused, and what to do about it; nothing when nothing was. */
export function FaultNotice({ fault }: { readonly fault: ApiFault | undefined }) {
  if (fault === undefined) return null;
  return (
    <Notice tone="bad" title={fault.error} isUrgent>
      {fault.remedy}
      {fault.problems === undefined ? null : (
        <ul>
          {fault.problems.map(({ code, message, line }) => (
            <li>
              {line > 0 ? `${String(line)}: ` : ''}
              {message} <code class="muted">{code}</code>
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
}

const toasts: { shown: readonly Toast[]; count: number } = { shown: [], count: 0 };
const changed = new EventTarget();

/** What went wrong stays until it is closed. */
export function say({ tone, text }: { readonly tone: Tone; readonly text: string }): void {
  toasts.count += 1;
  const id = toasts.count;
  show([...toasts.shown.slice(-3), { id, tone, text }]);
  if (tone !== 'bad') setTimeout(() => unsay(id), 6000);
}

function unsay(id: number): void {
  show(toasts.shown.filter((toast) => toast.id !== id));
}

function show(shown: readonly Toast[]): void {
  toasts.shown = shown;
  changed.dispatchEvent(new Event('change'));
}

/** Once in the frame. In the top layer, so that dialogs do not hide them. */
export function Toasts() {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const onChange = (): void => {
      redraw(undefined);
      if (place.current?.matches(':popover-open') === true) place.current.hidePopover();
      if (toasts.shown.length > 0) place.current?.showPopover();
    };
    changed.addEventListener('change', onChange);
    return () => changed.removeEventListener('change', onChange);
  }, []);
  return (
    <div ref={place} class="toasts" popover="manual" role="status" aria-live="polite">
      {toasts.shown.map(({ id, tone, text }) => (
        <Notice key={id} tone={tone} onClose={() => unsay(id)}>
          {text}
        </Notice>
      ))}
    </div>
  );
}
