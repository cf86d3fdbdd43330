/** An app as a page is shown it: without its secrets to those who may not publish it. */
import { markOf } from '../../../clients/etcdApps.ts';
import type { AppReading } from '../../../commands/appStore.ts';
import { assessApp } from '../../../commands/assessApp.ts';
import { textsOf } from '../../../commands/recordChange.ts';
import type { AppDocument, AppMark } from '../../../domain/console/api.ts';
import { cutText } from '../../../domain/console/audit.ts';
import { hideReason, hideRemedy } from '../../../domain/console/hideContent.ts';
import { type Grant, mayDo } from '../../../domain/console/roles.ts';
import type { DesiredEntry, Leaf } from '../../../domain/event.ts';
import type { AppTexts } from '../../../domain/fleet/publication.ts';
import { sha256 } from '../../../domain/sha256.ts';
import { type AppName, type Problem, revisionZero } from '../../../domain/types.ts';
import { utf8SizeBytes } from '../../../domain/utf8.ts';
import { createPlaceholders, type Placeholders } from '../../../replay/redact/placeholders.ts';
import { redactEntry } from '../../../replay/redact/redactContent.ts';

export function appDocument(
  app: AppName,
  { entry, revision }: AppReading,
  grants: readonly Grant[],
): AppDocument {
  const isRedacted = !maySee(grants, app);
  const placeholders = createPlaceholders();
  const texts = textsOf(entry) ?? { ips: undefined, content: undefined };
  const shown = isRedacted ? redactTexts(app, texts, placeholders) : texts;
  const { problems, warnings } = assessApp(entry, nowhere);
  const isThere = entry.ips !== undefined || entry.content !== undefined;
  const said = isThere ? [...problems, ...warnings] : [];
  return {
    app,
    revision,
    mark: appMark(entry),
    texts: shown,
    isRedacted,
    isSigned: entry.signature !== undefined,
    problems: isRedacted ? said.map((problem) => scrub(problem, placeholders)) : said,
  };
}

/** No host in particular. */
const nowhere = { hostId: '', hostNames: [], addresses: [] };

/** Who may publish it somewhere may read what is in it. */
export function maySee(grants: readonly Grant[], app: AppName): boolean {
  return mayDo(grants, 'publisher', { app });
}

export function appMark(entry: DesiredEntry): AppMark {
  const { ips, content, signature, rollout } = markOf(entry);
  return {
    ips: ips ?? null,
    content: content ?? null,
    signature: signature ?? null,
    rollout: rollout ?? null,
  };
}

/** The same placeholders for all texts of one answer: what is equal stays equal. */
export function redactTexts(
  app: AppName,
  { ips, content, rollout }: AppTexts,
  placeholders: Placeholders,
): AppTexts {
  const leaf = (text: string): Leaf => ({
    ...{ modRevision: revisionZero, value: { type: 'Text', text } },
  });
  const encoded = content === undefined ? undefined : Buffer.from(content).toString('base64');
  const entry: DesiredEntry = {
    app,
    ...(ips === undefined ? {} : { ips: leaf(ips) }),
    ...(encoded === undefined ? {} : { content: leaf(encoded) }),
    ...(rollout === undefined ? {} : { rollout: leaf(rollout) }),
  };
  return textsOf(redactEntry(entry, placeholders)) ?? { ips, content: undefined };
}

/** Messages and remedies quote what they are about. */
function scrub({ message, remedy, ...problem }: Problem, placeholders: Placeholders): Problem {
  return {
    ...problem,
    message: placeholders.scrub(hideReason(problem.code, message)),
    remedy: placeholders.scrub(hideRemedy(problem.code, remedy)),
  };
}

/** For the audit trail: where it is to run, and of the rest what tells two of them apart. */
export function textsSummary(texts: AppTexts | undefined, ipsMax = Infinity): string {
  if (texts === undefined) return 'nothing';
  const { ips, content, rollout } = texts;
  return [
    ips === undefined ? 'no ips' : `ips ${cutText(ips, ipsMax)}`,
    content === undefined ? 'no content' : `content ${digest(content)}`,
    ...(rollout === undefined ? [] : [`rollout ${digest(rollout)}`]),
  ].join('; ');
}

/** Of what the trail has in full already, where it was asked for. */
export function shortSummary(texts: AppTexts | undefined): string {
  return textsSummary(texts, placementShownMax);
}

/** In characters. */
const placementShownMax = 500;

function digest(text: string): string {
  return `sha256:${sha256(text)} (${String(utf8SizeBytes(text))} bytes)`;
}
