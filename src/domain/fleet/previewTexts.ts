/**
 * The keys of an app as agents read them, for `previewPublish`: which hosts they name, what file the
 * content comes to, and why it would be refused. Pure.
 */
import { parseProgram } from '../content/parseProgram.ts';
import { programFacts } from '../content/programFacts.ts';
import { renderApp } from '../content/renderApp.ts';
import { parsePlacement, type Placement } from '../placement.ts';
import { parseRollout } from '../rollout/rolloutCodec.ts';
import { type AppName, type Problem, revisionZero } from '../types.ts';
import type { HostIndex } from './hostIndex.ts';
import type { AppTexts } from './publication.ts';

export type Defaults = readonly (readonly [string, string])[];

/** `settings.program` as it is out of the box. */
const usualDefaults: Defaults = [
  ['stdout_logfile', '/dev/stdout'],
  ['stdout_logfile_maxbytes', '0'],
  ['stderr_logfile', '/dev/stderr'],
  ['stderr_logfile_maxbytes', '0'],
];

export interface Reading {
  readonly hosts: ReadonlySet<string>;
  readonly unanswered: readonly string[];
  /** The content as it stands; undefined for none. */
  readonly content: string | undefined;
  readonly program: Canonical | undefined;
  readonly refusals: readonly Problem[];
  readonly maxUnavailable: number | undefined;
}

export interface Canonical {
  /** What its file would be, whatever the revision. */
  readonly text: string;
  readonly isAutostart: boolean;
}

const nowhere: Placement = { items: [], warnings: [], isUnintelligible: false };

export function readTexts(
  app: AppName,
  texts: AppTexts | undefined,
  defaults: Defaults | undefined,
  index: HostIndex,
): Reading {
  const placement = texts?.ips === undefined ? nowhere : parsePlacement(texts.ips);
  const { content, rollout } = texts ?? {};
  const parsed = content === undefined ? undefined : readProgram(app, content);
  const way = rollout === undefined ? undefined : parseRollout(rollout);
  return {
    hosts: new Set(index.hostsOf(placement)),
    unanswered: index.unanswered(placement),
    content,
    program: content === undefined ? undefined : canonical(app, content, defaults),
    refusals: [
      ...(placement.isUnintelligible ? placement.warnings : []),
      ...(parsed?.ok === false ? parsed.error : []),
      ...(way?.ok === false ? [way.error] : []),
    ],
    maxUnavailable: way?.ok === true ? way.value.maxUnavailable : undefined,
  };
}

/** Texts are decoded already: what looks like base64 in them is none. */
function readProgram(app: AppName, content: string) {
  return parseProgram(app, content.replaceAll('\r\n', '\n'), { unknownOptions: 'warn' });
}

/** Undefined when agents refuse it. */
export function canonical(
  app: AppName,
  content: string,
  defaults: Defaults = usualDefaults,
): Canonical | undefined {
  const parsed = readProgram(app, content);
  if (!parsed.ok) return undefined;
  const { options } = parsed.value;
  const input = { app, revision: revisionZero, options, defaults, groupPriority: 0 };
  return {
    text: renderApp({ ...input, isHeld: false }).text,
    isAutostart: programFacts(options, defaults).autostart,
  };
}
