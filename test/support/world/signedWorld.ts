/**
 * A world whose etcd is a plain map that anybody may write to, seen through the view of production
 * with real keys: for everything that an attacker with write access can try.
 */
import { createDesiredView, type DesiredView } from '../../../streams/desiredView.ts';
import { concernsHost } from '../../../src/agent/sources.ts';
import type { KeyChange } from '../../../src/domain/etcdCalls.ts';
import type { TrustSettings } from '../../../src/domain/trust/trustSettings.ts';
import type { Revision } from '../../../src/domain/types.ts';
import {
  signedBy,
  type SignedTexts,
  statementOf,
  type TestKey,
  trustOf,
  verifierOf,
} from '../trust.ts';
import { createWorld, type World, worldSettings } from './world.ts';

/** By key below the prefix, `web/ips`; undefined deletes. */
export type Writes = Readonly<Record<string, string | undefined>>;

export interface SignedWorld {
  readonly world: World;
  /** One revision. */
  write(values: Writes): void;
  list(): void;
  get(key: string): string | undefined;
  /** All keys of one app. */
  snapshot(app: string): Writes;
  /** Publishes by these keys. */
  publish(app: string, version: number, texts: SignedTexts, ...keys: readonly TestKey[]): void;
  unpublish(app: string, version: number, ...keys: readonly TestKey[]): void;
}

const leaves = ['ips', 'content', 'signature', 'rollout'] as const;
const prefix = '/services/apps';

export function createSignedWorld(
  keys: readonly TestKey[],
  change: Parameters<typeof trustOf>[1] = {},
): SignedWorld {
  const trust: TrustSettings = trustOf(keys, change);
  const world = createWorld({ ...worldSettings, trust });
  const values = new Map<string, { readonly value: string; readonly revision: number }>();
  const signersOf = verifierOf(keys);
  let revision = 100;
  let view: DesiredView;
  const newView = (): DesiredView =>
    createDesiredView({
      ...{ prefix, signersOf },
      concernsHost: (app, ips) => concernsHost(world.state(), app, ips),
    });
  const kvOf = (key: string) => {
    const { value = '', revision: at = 0 } = values.get(key) ?? {};
    const modRevision = String(at) as Revision;
    return { key: Buffer.from(`${prefix}/${key}`), value: Buffer.from(value), modRevision };
  };
  const supplyAll = (wanted: readonly string[]): void => {
    for (const app of wanted) {
      for (const leaf of view.missing(app)) view.supply(app, leaf, kvOf(`${app}/${leaf}`));
    }
  };
  const list = (): void => {
    view = newView();
    view.addPage([...values.keys()].sort().map(kvOf));
    const { apps, wanted } = view.finish();
    supplyAll(wanted);
    world.dispatch({
      ...{ type: 'DesiredListed', clusterId: '1', revision: String(revision) as Revision },
      ...{ reason: 'Initial', entries: apps.map(view.picture), elsewhere: view.elsewhere() + 1 },
      ignoredKeys: view.ignoredKeys(),
    });
  };
  const write = (writes: Writes): void => {
    revision += 1;
    const changes = Object.entries(writes).flatMap(([key, value]): KeyChange[] => {
      const isNew = !values.has(key);
      if (value === undefined && isNew) return [];
      if (value === undefined) values.delete(key);
      else values.set(key, { value, revision });
      const type = value === undefined ? 'Delete' : 'Put';
      return [{ ...kvOf(key), type, isNew, modRevision: String(revision) as Revision }];
    });
    if (changes.length === 0) return;
    const { apps, wanted } = view.apply(changes);
    supplyAll(wanted);
    world.dispatch({
      ...{ type: 'DesiredChanged', revision: String(revision) as Revision },
      entries: apps.map(view.picture),
    });
  };
  list();
  const put = (app: string, texts: SignedTexts | undefined, signature: string): void =>
    write({
      [`${app}/ips`]: texts?.ips,
      [`${app}/content`]: texts?.content,
      [`${app}/rollout`]: texts?.rollout,
      [`${app}/signature`]: signature,
    });
  return {
    world,
    write,
    list,
    get: (key) => values.get(key)?.value,
    snapshot: (app) =>
      Object.fromEntries(
        leaves.map((leaf) => [`${app}/${leaf}`, values.get(`${app}/${leaf}`)?.value]),
      ),
    publish: (app, version, texts, ...by) =>
      put(app, texts, signedBy(statementOf(app, version, texts), ...by)),
    unpublish: (app, version, ...by) =>
      put(app, undefined, signedBy(statementOf(app, version, undefined), ...by)),
  };
}

export function textsOf(command: string, ips = '10.0.0.1'): SignedTexts {
  return { ips, content: `command=${command}\nstartsecs=0\n` };
}
