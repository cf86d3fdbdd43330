/**
 * What the window is called: `useTitle('web')` in a view, above that the frame's own word for it;
 * `markTitle('(2!)')` puts something before it.
 */
import { useEffect } from 'preact/hooks';

const title = { mark: '', view: '', own: '' };

export function useTitle(text: string): void {
  useEffect(() => {
    write({ own: text });
    return () => write({ own: '' });
  }, [text]);
}

/** By the frame. */
export function titleView(view: string): void {
  write({ view });
}

export function markTitle(mark: string): void {
  write({ mark });
}

function write(change: Partial<typeof title>): void {
  Object.assign(title, change);
  const { mark, view, own } = title;
  const text = [own === '' ? view : own, 'supervene'].filter((part) => part !== '').join(' · ');
  document.title = mark === '' ? text : `${mark} ${text}`;
}
