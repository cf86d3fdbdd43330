/**
 * What ought to be on a host by what etcd holds, worked out without the reducers: from the raw keys,
 * the placement grammar, the renderer and what the script knows of each content.
 */
import { decodeContent } from '../../domain/content/decodeContent.ts';
import { parseProgram } from '../../domain/content/parseProgram.ts';
import { renderApp } from '../../domain/content/renderApp.ts';
import type { EtcdKeyValue } from '../../domain/etcdCalls.ts';
import { formatKey } from '../../domain/keys.ts';
import { isPlacedHere, parsePlacement } from '../../domain/placement.ts';
import type { AppName, Identity, Revision } from '../../domain/types.ts';
import type { Settings } from '../../settings/settings.ts';
import type { ModelEtcd } from '../model/etcd.ts';
import { type Fate, fateOf } from '../script/programs.ts';

export type Ought =
  /** It does not belong here. */
  | Readonly<{ type: 'Absent' }>
  /** Nobody can say: what is there stays. */
  | Readonly<{ type: 'Open' }>
  | Readonly<{ type: 'Wanted'; fate: Fate; content: string; revision: Revision }>;

export function oughtOf(
  etcd: ModelEtcd,
  { etcd: { prefix } }: Settings,
  name: string,
  identity: Identity,
): Ought {
  const app = name as AppName;
  const ips = etcd.get(formatKey(prefix, app, 'ips'));
  return judge(ips, etcd.get(formatKey(prefix, app, 'content')), identity);
}

/**
 * Whether what etcd held at that revision says that it does not belong here; undefined when it cannot
 * say so any more. Where nobody can say, it is not absent.
 */
export function wasAbsent(
  etcd: ModelEtcd,
  { etcd: { prefix } }: Settings,
  name: string,
  identity: Identity,
  revision: Revision,
): boolean | undefined {
  const at = (leaf: 'ips' | 'content') =>
    etcd.range({ key: Buffer.from(formatKey(prefix, name as AppName, leaf)), revision });
  const [ips, content] = [at('ips'), at('content')];
  if (!ips.ok || !content.ok) return undefined;
  return judge(ips.value.kvs[0], content.value.kvs[0], identity).type === 'Absent';
}

function judge(
  ips: EtcdKeyValue | undefined,
  content: EtcdKeyValue | undefined,
  identity: Identity,
): Ought {
  if (ips === undefined && content === undefined) return { type: 'Absent' };
  if (ips === undefined) return { type: 'Open' };
  const placement = parsePlacement(textOf(ips.value));
  if (placement.isUnintelligible) return { type: 'Open' };
  if (!isPlacedHere(placement, identity)) return { type: 'Absent' };
  if (content === undefined) return { type: 'Open' };
  const text = textOf(content.value);
  return { type: 'Wanted', fate: fateOf(text), content: text, revision: content.modRevision };
}

/** The text below the marker, for content that is accepted; undefined for any other. */
export function bodyOf(
  name: string,
  content: string,
  settings: Settings,
  isHeld: boolean,
): string | undefined {
  const app = name as AppName;
  const text = decodeContent({ type: 'Text', text: content });
  const parsed = text.ok ? parseProgram(app, text.value, { unknownOptions: 'warn' }) : undefined;
  if (parsed?.ok !== true) return undefined;
  const rendered = renderApp({
    ...{ app, isHeld, revision: '1' as Revision, options: parsed.value.options },
    ...{ defaults: settings.program.defaults, groupPriority: settings.group.priority },
  });
  return belowMarker(rendered.text);
}

export function belowMarker(text: string): string {
  return text.slice(text.indexOf('\n') + 1);
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8');
}
