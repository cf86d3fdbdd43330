/**
 * The apps of a `DesiredView`, one by one: what is known of each, what of it is kept, and whether
 * it is shown.
 */
import { type EtcdKeyValue } from '../src/domain/etcdCalls.ts';
import { type DesiredEntry, type Leaf } from '../src/domain/event.ts';
import { type LeafName, parseKey } from '../src/domain/keys.ts';
import { type Revision } from '../src/domain/types.ts';
import { decodeKey, decodeLeafValue } from './etcdBytes.ts';

export interface DesiredViewDeps {
  readonly prefix: string;
  readonly concernsHost: (app: string, ips: string | undefined) => boolean;
}

export interface ViewDelta {
  /** Apps to tell of; sorted. */
  readonly apps: readonly string[];
  /** Those of them whose content concerns this host and was not kept: `supply` it. */
  readonly wanted: readonly string[];
}

/** Contents at hand while a page or a revision is worked through, by app. */
export type Contents = Map<string, EtcdKeyValue>;

export interface DesiredApps {
  /** Notes what is there and gives the app, or undefined for a key that is no leaf. */
  readonly note: (kv: EtcdKeyValue, isPut: boolean, contents: Contents) => string | undefined;
  /** Decides, when all leaves are noted, what is kept; gives whether the app is to be told of. */
  readonly settle: (app: string, contents: Contents) => boolean;
  readonly delta: (apps: readonly string[]) => ViewDelta;
  readonly supply: (app: string, content: EtcdKeyValue) => boolean;
  readonly picture: (app: string) => DesiredEntry;
  /** In no order. */
  readonly shown: () => readonly string[];
  readonly count: () => number;
}

interface AppView {
  ips: Leaf | undefined;
  content: Leaf | undefined;
  isShown: boolean;
}

export function createDesiredApps({ prefix, concernsHost }: DesiredViewDeps): DesiredApps {
  const viewsByApp = new Map<string, AppView>();

  const isHere = (app: string, view: AppView): boolean => concerns(app, view, concernsHost);

  const isWanted = (app: string): boolean => {
    const view = viewsByApp.get(app);
    return view?.content?.value.type === 'Elsewhere' && isHere(app, view);
  };

  return {
    note: (kv, isPut, contents) => {
      const key = decodeKey(kv.key);
      const place = key === undefined ? undefined : parseKey(prefix, key);
      if (place?.type !== 'Leaf') return undefined;
      const view = viewsByApp.get(place.app) ?? newView();
      viewsByApp.set(place.app, view);
      view[place.leaf] = isPut ? noted(place.leaf, kv) : undefined;
      if (place.leaf === 'content' && isPut) contents.set(place.app, kv);
      return place.app;
    },
    settle: (app, contents) => {
      const view = viewsByApp.get(app);
      if (view === undefined) return false;
      const wasShown = view.isShown;
      const isKept = isHere(app, view);
      view.content = keptContent(view.content, isKept, contents.get(app));
      view.isShown = isShown(view, isKept);
      if (isGone(view)) viewsByApp.delete(app);
      return wasShown || view.isShown;
    },
    delta: (apps) => {
      const sorted = [...apps].sort();
      return { apps: sorted, wanted: sorted.filter(isWanted) };
    },
    supply: (app, content) => {
      const view = viewsByApp.get(app);
      if (view?.content?.modRevision !== content.modRevision) return false;
      view.content = leafOf(content);
      return true;
    },
    picture: (app) => pictureOf(app, viewsByApp.get(app)),
    shown: () => [...viewsByApp].filter(([, view]) => view.isShown).map(([app]) => app),
    count: () => viewsByApp.size,
  };
}

function newView(): AppView {
  return { ips: undefined, content: undefined, isShown: false };
}

function concerns(
  app: string,
  { ips }: AppView,
  concernsHost: DesiredViewDeps['concernsHost'],
): boolean {
  if (ips === undefined) return concernsHost(app, undefined);
  return ips.value.type === 'Text' && concernsHost(app, ips.value.text);
}

function isGone({ ips, content }: AppView): boolean {
  return ips === undefined && content === undefined;
}

function isShown(view: AppView, isHere: boolean): boolean {
  const isHalf = view.ips === undefined || view.content === undefined;
  const isReadable = view.ips === undefined || view.ips.value.type === 'Text';
  return !isGone(view) && (isHere || isHalf || !isReadable);
}

function keptContent(
  content: Leaf | undefined,
  isKept: boolean,
  atHand: EtcdKeyValue | undefined,
): Leaf | undefined {
  if (content === undefined) return undefined;
  if (isKept) return atHand === undefined ? content : leafOf(atHand);
  return content.value.type === 'Elsewhere' ? content : elsewhere(content.modRevision);
}

function pictureOf(app: string, { ips, content }: Partial<AppView> = {}): DesiredEntry {
  return {
    app,
    ...(ips === undefined ? {} : { ips }),
    ...(content === undefined ? {} : { content }),
  };
}

function noted(leaf: LeafName, kv: EtcdKeyValue): Leaf {
  return leaf === 'ips' ? leafOf(kv) : elsewhere(kv.modRevision);
}

function leafOf({ modRevision, value }: EtcdKeyValue): Leaf {
  return { modRevision, value: decodeLeafValue(value) };
}

function elsewhere(modRevision: Revision): Leaf {
  return { modRevision, value: { type: 'Elsewhere' } };
}
