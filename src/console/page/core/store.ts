/** One state, changed by events alone, and told to whoever looks: `useStore` draws again then. */
import { useEffect, useReducer, useRef } from 'preact/hooks';
import type { PageEvent, PageState } from './pageState.ts';
import { initialPage, reducePage } from './pageState.ts';
import { fill, type Texts } from './language.ts';

export interface Store {
  readonly state: () => PageState;
  readonly dispatch: (event: PageEvent) => void;
  /** Gives what ends it. */
  readonly listen: (onChange: () => void) => () => void;
}

export function createStore(initial: PageState): Store {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    state: () => state,
    dispatch: (event) => {
      const next = reducePage(state, event);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
    listen: (onChange) => {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

export const store = createStore(initialPage);

/** Draws again only when what `select` gives is another thing. */
export function useStore<T>(select: (state: PageState) => T): T {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const selected = select(store.state());
  const shown = useRef(selected);
  shown.current = selected;
  const how = useRef(select);
  how.current = select;
  useEffect(() => {
    const look = (): void => {
      if (how.current(store.state()) !== shown.current) redraw(undefined);
    };
    // Between the first drawing and here something may have changed.
    look();
    return store.listen(look);
  }, []);
  return selected;
}

/** `t('key', {name: value})` in the language of the page. */
export function useTexts<Key extends string>(texts: Texts<Key>) {
  const language = useStore((state) => state.language);
  return (key: Key, values?: Readonly<Record<string, string | number>>): string =>
    fill(texts[language][key], values);
}
