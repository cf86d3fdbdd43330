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
  /**
   * Ids of the trusted keys that have signed such a document; sorted. Without it signatures are
   * keys like any other that is not ours to read.
   */
  readonly signersOf?: ((document: string) => readonly string[]) | undefined;
}

export interface ViewDelta {
  /** Apps to tell of; sorted. */
  readonly apps: readonly string[];
  /** Those of them of which something concerns this host and was not kept: `supply` it. */
  readonly wanted: readonly string[];
}

/** What is kept only of apps that concern this host. */
export type KeptLeaf = 'content' | 'signature' | 'rollout';

/** Contents and signatures at hand while a page or a revision is worked through, by app. */
export type Contents = Map<string, Partial<Record<KeptLeaf, EtcdKeyValue>>>;

export interface DesiredApps {
  /** Notes what is there and gives the app, or undefined for a key that is no leaf. */
  readonly note: (kv: EtcdKeyValue, isPut: boolean, contents: Contents) => string | undefined;
  /** Decides, when all leaves are noted, what is kept; gives whether the app is to be told of. */
  readonly settle: (app: string, contents: Contents) => boolean;
  readonly delta: (apps: readonly string[]) => ViewDelta;
  /** What of an app concerns this host and is not kept yet. */
  readonly missing: (app: string) => readonly KeptLeaf[];
  readonly supply: (app: string, leaf: KeptLeaf, kv: EtcdKeyValue) => boolean;
  readonly picture: (app: string) => DesiredEntry;
  /** In no order. */
  readonly shown: () => readonly string[];
  /** Without those of which only the signed removal is left. */
  readonly count: () => number;
  /** How many of those are not shown. */
  readonly elsewhere: () => number;
}

interface AppView {
  ips: Leaf | undefined;
  content: Leaf | undefined;
  signature: Leaf | undefined;
  rollout: Leaf | undefined;
  isShown: boolean;
}

const keptLeaves: readonly KeptLeaf[] = ['content', 'signature', 'rollout'];

export function createDesiredApps(deps: DesiredViewDeps): DesiredApps {
  const { prefix, concernsHost, signersOf } = deps;
  const viewsByApp = new Map<string, AppView>();

  const isHere = (app: string, view: AppView): boolean => concerns(app, view, concernsHost);

  const missing = (app: string): readonly KeptLeaf[] => {
    const view = viewsByApp.get(app);
    const absent = keptLeaves.filter((leaf) => view?.[leaf]?.value.type === 'Elsewhere');
    return view !== undefined && absent.length > 0 && isHere(app, view) ? absent : [];
  };

  return {
    note: (kv, isPut, contents) => {
      const key = decodeKey(kv.key);
      const place = key === undefined ? undefined : parseKey(prefix, key);
      if (place?.type !== 'Leaf') return undefined;
      const { app, leaf } = place;
      if (leaf === 'signature' && signersOf === undefined) return undefined;
      const view = viewsByApp.get(app) ?? newView();
      viewsByApp.set(app, view);
      view[leaf] = isPut ? noted(leaf, kv) : undefined;
      if (leaf !== 'ips' && isPut) contents.set(app, { ...contents.get(app), [leaf]: kv });
      return app;
    },
    settle: (app, contents) => {
      const view = viewsByApp.get(app);
      if (view === undefined) return false;
      const wasShown = view.isShown;
      const isKept = isHere(app, view);
      const atHand = contents.get(app);
      for (const leaf of keptLeaves) view[leaf] = keptLeaf(view[leaf], isKept, atHand?.[leaf]);
      view.isShown = isShown(view, isKept);
      if (isGone(view) && view.signature === undefined && view.rollout === undefined)
        viewsByApp.delete(app);
      return wasShown || view.isShown;
    },
    delta: (apps) => {
      const sorted = [...apps].sort();
      return { apps: sorted, wanted: sorted.filter((app) => missing(app).length > 0) };
    },
    missing,
    supply: (app, leaf, kv) => {
      const view = viewsByApp.get(app);
      if (view?.[leaf]?.modRevision !== kv.modRevision) return false;
      view[leaf] = leafOf(kv);
      return true;
    },
    picture: (app) => pictureOf(app, viewsByApp.get(app), signersOf),
    shown: () => [...viewsByApp].filter(([, view]) => view.isShown).map(([app]) => app),
    count: () => countOf(viewsByApp, (view) => !isGone(view)),
    elsewhere: () => countOf(viewsByApp, (view) => !isGone(view) && !view.isShown),
  };
}

function countOf(views: ReadonlyMap<string, AppView>, isCounted: (view: AppView) => boolean) {
  let count = 0;
  for (const view of views.values()) if (isCounted(view)) count += 1;
  return count;
}

function newView(): AppView {
  return {
    ips: undefined,
    content: undefined,
    signature: undefined,
    rollout: undefined,
    isShown: false,
  };
}

function concerns(
  app: string,
  view: AppView,
  concernsHost: DesiredViewDeps['concernsHost'],
): boolean {
  const { ips } = view;
  // What is left of a removed app concerns those that have it.
  if (ips === undefined) return concernsHost(app, isGone(view) ? '' : undefined);
  return ips.value.type === 'Text' && concernsHost(app, ips.value.text);
}

function isGone({ ips, content }: Pick<AppView, 'ips' | 'content'>): boolean {
  return ips === undefined && content === undefined;
}

function isShown(view: AppView, isHere: boolean): boolean {
  if (isGone(view)) return isHere && view.signature !== undefined;
  const isHalf = view.ips === undefined || view.content === undefined;
  const isReadable = view.ips === undefined || view.ips.value.type === 'Text';
  return isHere || isHalf || !isReadable;
}

function keptLeaf(
  leaf: Leaf | undefined,
  isKept: boolean,
  atHand: EtcdKeyValue | undefined,
): Leaf | undefined {
  if (leaf === undefined) return undefined;
  if (isKept) return atHand === undefined ? leaf : leafOf(atHand);
  return leaf.value.type === 'Elsewhere' ? leaf : elsewhere(leaf.modRevision);
}

function pictureOf(
  app: string,
  { ips, content, signature, rollout }: Partial<AppView> = {},
  signersOf: DesiredViewDeps['signersOf'],
): DesiredEntry {
  const document = signature?.value.type === 'Text' ? signature.value.text : undefined;
  const signers = document === undefined ? undefined : signersOf?.(document);
  return {
    app,
    ...(ips === undefined ? {} : { ips }),
    ...(content === undefined ? {} : { content }),
    ...(rollout === undefined ? {} : { rollout }),
    ...(signature === undefined ? {} : { signature }),
    ...(signers === undefined ? {} : { signers }),
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
