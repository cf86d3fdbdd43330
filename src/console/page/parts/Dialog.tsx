/**
 * A dialog over everything else; Escape closes it, the focus goes back to where it was. It begins at
 * its first field, or at the first button of its foot, unless something in it has `autoFocus`.
 *
 *     {isAsking && (
 *       <Dialog title={t('restart')} onClose={close} foot={<Button …>{t('restart')}</Button>}>…</Dialog>
 *     )}
 *
 * A click beside it does not close it: something may have been typed. With `onSubmit` it is a form.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useTexts } from '../core/store.ts';
import { Button } from './Button.tsx';
import { partTexts } from './texts.ts';

export interface DialogProps {
  readonly title: string;
  /** Undefined: it stays until what it asks for is done. */
  readonly onClose?: (() => void) | undefined;
  readonly onSubmit?: () => void;
  readonly isWide?: boolean;
  /** Buttons, the one that does it last. */
  readonly foot?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Dialog({ title, onClose, onSubmit, isWide = false, foot, children }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const isGone = useRef(false);
  const t = useTexts(partTexts);
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    if (shown !== null) focusFirst(shown);
    return () => {
      isGone.current = true;
      shown?.close();
    };
  }, []);
  const inside = (
    <>
      <div class="dialog-body stack">{children}</div>
      {foot === undefined ? null : <div class="dialog-foot">{foot}</div>}
    </>
  );
  return (
    <dialog
      ref={dialog}
      class={isWide ? 'dialog is-wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClose={() => {
        // Escape twice closes it whatever `cancel` was told.
        if (isGone.current) return;
        if (onClose === undefined) dialog.current?.showModal();
        else onClose();
      }}
    >
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        {onClose === undefined ? null : (
          <Button glyph="close" label={t('close')} kind="quiet" isSmall onClick={onClose} />
        )}
      </div>
      {onSubmit === undefined ? inside : <Form onSubmit={onSubmit}>{inside}</Form>}
    </dialog>
  );
}

/** Not at the x, which is first of all. What stands above a field is to be read: it stays in sight. */
function focusFirst(shown: HTMLDialogElement): void {
  if (shown.querySelector('[autofocus]') !== null) return;
  const field = shown.querySelector<HTMLElement>('.dialog-body :is(input, textarea, select)');
  const first = field ?? shown.querySelector<HTMLElement>('.dialog-foot button');
  first?.focus({ preventScroll: true });
}

/** Its submit button, and Enter in a field, do the same. */
export function Form({
  onSubmit,
  children,
}: {
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}) {
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
