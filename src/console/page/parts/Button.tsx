/**
 * Buttons and links.
 *
 *     <Button onClick={save} kind="primary" isBusy={isSaving}>{t('save')}</Button>
 *     <Button glyph="close" label={t('close')} kind="quiet" onClick={close} />   a square one
 *     <Button whyNot={mayNot ? t('mayNot') : undefined} …>   stays in the tab order and says why
 *     <Link href="/fleet?by=host">…</Link>   `isButton` to look like one
 */
import type { ComponentChildren } from 'preact';
import { followLink } from '../core/router.ts';
import { Glyph } from './Glyph.tsx';
import type { GlyphName } from './glyphs.ts';
import { Spinner } from './Progress.tsx';

export interface ButtonLook {
  /** `danger` warns, `dangerous` is the button that does it. */
  readonly kind?: 'plain' | 'primary' | 'quiet' | 'danger' | 'dangerous';
  readonly isSmall?: boolean;
  readonly glyph?: GlyphName;
  /** What it is called where it shows a glyph alone. */
  readonly label?: string;
  readonly children?: ComponentChildren;
}

export interface ButtonProps extends ButtonLook {
  readonly onClick?: (event: MouseEvent) => void;
  readonly type?: 'button' | 'submit';
  /** Nothing can be done with it while it is. */
  readonly isBusy?: boolean;
  /** Why nothing can be done with it. */
  readonly whyNot?: string | undefined;
  readonly isPressed?: boolean;
  readonly isExpanded?: boolean;
  readonly controls?: string;
  /** As in `aria-keyshortcuts`. */
  readonly keys?: string;
  readonly title?: string;
  readonly autoFocus?: boolean;
}

const kinds = {
  plain: '',
  primary: ' is-primary',
  quiet: ' is-quiet',
  danger: ' is-danger',
  dangerous: ' is-danger is-primary',
} as const;

export function Button(props: ButtonProps) {
  const { onClick, type = 'button', isBusy = false, whyNot, label, glyph, children } = props;
  const isIdle = whyNot === undefined && !isBusy;
  const title = whyNot ?? props.title ?? (children === undefined ? label : undefined);
  return (
    <button
      type={type}
      class={classOf(props)}
      onClick={(event) => {
        if (isIdle) onClick?.(event);
        else event.preventDefault();
      }}
      aria-disabled={isIdle ? undefined : 'true'}
      aria-busy={isBusy ? 'true' : undefined}
      aria-label={label}
      aria-description={whyNot}
      aria-pressed={props.isPressed}
      aria-expanded={props.isExpanded}
      aria-controls={props.controls}
      aria-keyshortcuts={props.keys}
      autoFocus={props.autoFocus}
      title={title}
    >
      {isBusy ? <Spinner /> : glyph === undefined ? null : <Glyph name={glyph} />}
      {children}
    </button>
  );
}

export interface LinkProps extends ButtonLook {
  readonly href: string;
  readonly isButton?: boolean;
  readonly class?: string;
  /** It leads to what is shown. */
  readonly isCurrent?: boolean;
  readonly title?: string;
}

/** Within the page. */
export function Link(props: LinkProps) {
  const { href, isButton = false, isCurrent, glyph, label, children } = props;
  return (
    <a
      href={href}
      class={isButton ? classOf(props) : props.class}
      onClick={followLink}
      aria-current={isCurrent === true ? 'page' : undefined}
      aria-label={label}
      title={props.title ?? (children === undefined ? label : undefined)}
    >
      {glyph === undefined ? null : <Glyph name={glyph} />}
      {children}
    </a>
  );
}

function classOf({ kind = 'plain', isSmall = false, children }: ButtonLook): string {
  const size = isSmall ? ' is-small' : '';
  return `button${kinds[kind]}${size}${children === undefined ? ' is-square' : ''}`;
}
