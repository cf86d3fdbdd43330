/** What a publish would change about an app, and how that is shown. */
import { type Result, err, ok } from '../domain/result.ts';
import type { LeafValue } from '../domain/event.ts';
import { parseRollout } from '../domain/rollout/rolloutCodec.ts';
import type { AppName, Problem } from '../domain/types.ts';
import type { AppReading } from './appStore.ts';
import { placementItems, placementText } from './assessApp.ts';
import { decodedText } from './checkContent.ts';
import type { Fault } from './commandIo.ts';
import { isSameRollout } from './rollout/rolloutEdit.ts';
import { rolloutKeyLines } from './rollout/rolloutKeyLines.ts';
import { unifiedDiff } from './unifiedDiff.ts';

/** Undefined: stays as it is. */
export interface WantedTexts {
  readonly app: AppName;
  /** With commas between, and nothing else. */
  readonly hosts: string | undefined;
  readonly text: string | undefined;
  /** Undefined: stays as it is; without text there is to be none. */
  readonly rollout?: { readonly text: string | undefined } | undefined;
}

export interface Change {
  /** What is to stand in etcd. */
  readonly after: {
    readonly ips: string;
    readonly content: string;
    /** Undefined for none. */
    readonly rollout: string | undefined;
  };
  /** Empty when nothing changes. */
  readonly diff: string;
  readonly hosts: { readonly before: readonly string[]; readonly after: readonly string[] };
}

/** What stands in etcd and cannot be read counts as different from whatever is published. */
export function planChange(
  reading: Pick<AppReading, 'entry'>,
  wish: WantedTexts,
): Result<Change, Fault> {
  const { ips, content, rollout } = reading.entry;
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
  const oldRollout = rollout === undefined ? undefined : leafText(rollout.value);
  const newRollout = wish.rollout === undefined ? oldRollout : wish.rollout.text;
  const stays = wish.rollout === undefined && oldRollout !== undefined;
  const read = stays ? parseRollout(oldRollout) : undefined;
  if (read?.ok === false) return err(refused(wish.app, read.error));
  const isSame = isSameRollout(oldRollout, newRollout);
  const diff = [
    isKept.ips && hosts.before.join() === hosts.after.join()
      ? ''
      : unifiedDiff(`${wish.app}/ips`, hosts.before.join('\n'), hosts.after.join('\n')),
    isSame
      ? ''
      : unifiedDiff(
          `${wish.app}/rollout`,
          rolloutKeyLines(oldRollout),
          rolloutKeyLines(newRollout),
        ),
    isKept.content && oldText === newText
      ? ''
      : unifiedDiff(`${wish.app}/content`, oldText ?? '', newText),
  ].join('');
  // What nobody names stays byte for byte: written otherwise it would be new content.
  const isKeptText = wish.text === undefined && content?.value.type === 'Text';
  const after = {
    ips: newIps,
    content: isKeptText ? content.value.text : Buffer.from(newText).toString('base64'),
    rollout: isSame ? oldRollout : newRollout,
  };
  return ok({ after, diff, hosts });
}

/** What is no text makes no sense either. */
function leafText(value: LeafValue): string {
  return value.type === 'Text' ? value.text : '(not text)';
}

function refused(app: AppName, { code, message }: Problem): Fault {
  const remedy = `every agent would refuse ${app}: give --max-unavailable N, or off, to publish`;
  return { message: `${app}/rollout: ${code} ${message}`, remedy };
}

function missing(app: AppName, what: string, flag: string): Fault {
  return { message: `${app} has no readable ${what} yet that could stay`, remedy: `give ${flag}` };
}
