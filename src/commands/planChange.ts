/** What a publish would change about an app, and how that is shown. */
import { type Result, err, ok } from '../domain/result.ts';
import type { AppName } from '../domain/types.ts';
import type { AppReading } from './appStore.ts';
import { placementItems, placementText } from './assessApp.ts';
import { decodedText } from './checkContent.ts';
import type { Fault } from './commandIo.ts';
import { unifiedDiff } from './unifiedDiff.ts';

/** Undefined: stays as it is. */
export interface WantedTexts {
  readonly app: AppName;
  /** With commas between, and nothing else. */
  readonly hosts: string | undefined;
  readonly text: string | undefined;
}

export interface Change {
  /** What is to stand in etcd. */
  readonly after: { readonly ips: string; readonly content: string };
  /** Empty when nothing changes. */
  readonly diff: string;
  readonly hosts: { readonly before: readonly string[]; readonly after: readonly string[] };
}

/** What stands in etcd and cannot be read counts as different from whatever is published. */
export function planChange(
  reading: Pick<AppReading, 'entry'>,
  wish: WantedTexts,
): Result<Change, Fault> {
  const { ips, content } = reading.entry;
  const oldIps = ips === undefined ? undefined : placementText(ips.value);
  const oldText = content === undefined ? null : decodedText(content.value);
  const newIps = wish.hosts ?? (oldIps?.ok === true ? oldIps.value : undefined);
  const newText = wish.text ?? oldText;
  if (newIps === undefined) return err(missing(wish.app, 'placement', '--hosts'));
  if (newText === null) return err(missing(wish.app, 'content', '--file'));
  const hosts = {
    before: placementItems(oldIps?.ok === true ? oldIps.value : ''),
    after: placementItems(newIps),
  };
  const isKept = { ips: oldIps?.ok === true, content: oldText !== null };
  const diff = [
    isKept.ips && hosts.before.join() === hosts.after.join()
      ? ''
      : unifiedDiff(`${wish.app}/ips`, hosts.before.join('\n'), hosts.after.join('\n')),
    isKept.content && oldText === newText
      ? ''
      : unifiedDiff(`${wish.app}/content`, oldText ?? '', newText),
  ].join('');
  const after = { ips: newIps, content: Buffer.from(newText).toString('base64') };
  return ok({ after, diff, hosts });
}

function missing(app: AppName, what: string, flag: string): Fault {
  return { message: `${app} has no readable ${what} yet that could stay`, remedy: `give ${flag}` };
}
