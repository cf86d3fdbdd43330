/**
 * The keys of an app as they stand in etcd, without their secrets: content that was accepted is
 * accepted as before and means the same; what was refused is refused for the same reason, with few
 * exceptions, and then for another one.
 */
import { parseAppName } from '../../domain/appName.ts';
import { decodeContent } from '../../domain/content/decodeContent.ts';
import { parseProgram } from '../../domain/content/parseProgram.ts';
import { programOptionsByName } from '../../domain/content/programOptions.ts';
import { readBody } from '../../domain/content/readBody.ts';
import type { DesiredEntry, Leaf, LeafValue } from '../../domain/event.ts';
import { parsePlacement } from '../../domain/placement.ts';
import type { AppName } from '../../domain/types.ts';
import type { Placeholders } from './placeholders.ts';
import { learnHash, redactSignature } from './redactSignature.ts';
import { redactOption } from './redactOption.ts';
import { redactRolloutLeaf } from './redactRollout.ts';

export function redactEntry(entry: DesiredEntry, placeholders: Placeholders): DesiredEntry {
  const { ips, content, rollout, signature, signers } = entry;
  const app = parseAppName(entry.app);
  const name = app.ok ? app.value : anyApp;
  const isHashed = signature !== undefined;
  const redacted = (leaf: Leaf, redact: (leaf: Leaf) => Leaf): Leaf => {
    const shown = redact(leaf);
    if (isHashed) learnHash(leaf.value, shown.value, placeholders);
    return shown;
  };
  const leaves = {
    ...(ips === undefined ? {} : { ips: redacted(ips, (leaf) => redactIps(leaf, placeholders)) }),
    ...(content === undefined
      ? {}
      : { content: redacted(content, (leaf) => redactContent(name, leaf, placeholders)) }),
    ...(rollout === undefined
      ? {}
      : { rollout: redacted(rollout, (leaf) => redactRolloutLeaf(leaf, placeholders)) }),
  };
  return {
    app: redactName(entry.app, placeholders),
    ...leaves,
    ...(signature === undefined ? {} : { signature: redactSignature(signature, placeholders) }),
    ...(signers === undefined ? {} : { signers }),
  };
}

const anyApp = 'app' as AppName;

/** A name that cannot be one may be anything that somebody put there. */
export function redactName(name: string, placeholders: Placeholders): string {
  return parseAppName(name).ok ? name : `!redacted-${placeholders.number(name)}`;
}

/** Addresses, blocks and host names stay; words that are none of them go. */
function redactIps(leaf: Leaf, placeholders: Placeholders): Leaf {
  const { value } = leaf;
  if (value.type === 'Binary') return { ...leaf, value: notText };
  if (value.type !== 'Text') return leaf;
  const text = value.text.replaceAll(/[^\s,]+/g, (word) => {
    if (!parsePlacement(word).isUnintelligible)
      return placeholders.scrub(word) === word ? word : `redacted-${placeholders.number(word)}`;
    placeholders.learn(word);
    return `?redacted-${placeholders.number(word)}?`;
  });
  return { ...leaf, value: { type: 'Text', text } };
}

const notText: LeafValue = { type: 'Binary', base64: '/w==' };

/** What shows the same fault, where the text itself cannot be shown. */
const specimens: Readonly<Record<string, LeafValue>> = {
  E_EMPTY: { type: 'Text', text: '' },
  E_NOT_UTF8: notText,
  E_BASE64: { type: 'Text', text: '?redacted?' },
  E_NUL: { type: 'Text', text: 'command=redacted\u0000' },
  E_LONE_CR: { type: 'Text', text: 'command=redacted\rredacted' },
  E_BOM: { type: 'Text', text: '\ufeffcommand=redacted' },
  E_CONTROL_CHARACTER: { type: 'Text', text: 'command=redacted\u0001' },
  E_NO_COMMAND: { type: 'Text', text: 'startsecs=1' },
  E_SECTION_HEADER: { type: 'Text', text: '[redacted]\ncommand=redacted' },
  E_SYNTAX: { type: 'Text', text: 'redacted\ncommand=redacted' },
  E_COMMENT: { type: 'Text', text: 'command=a;b ;c #d' },
};

function redactContent(app: AppName, leaf: Leaf, placeholders: Placeholders): Leaf {
  const { value } = leaf;
  if (value.type === 'TooLarge' || value.type === 'Elsewhere') return leaf;
  const text = decodeContent(value);
  if (value.type === 'Text') learnLines(value.text, placeholders);
  if (!text.ok) {
    const { code } = text.error;
    const sizeBytes = value.type === 'Text' ? value.text.length : 0;
    const fallback: LeafValue = code === 'E_TOO_LARGE' ? { type: 'TooLarge', sizeBytes } : notText;
    return { ...leaf, value: specimens[code] ?? fallback };
  }
  learnLines(text.value, placeholders);
  const redacted = redactBody(app, text.value, placeholders);
  const wanted = firstCode(app, text.value);
  if (firstCode(app, redacted) === wanted)
    return { ...leaf, value: { type: 'Text', text: redacted } };
  return { ...leaf, value: specimens[wanted ?? ''] ?? notText };
}

/** Of the fault that is shown; undefined for content that is accepted. */
function firstCode(app: AppName, text: string): string | undefined {
  const parsed = parseProgram(app, text, { unknownOptions: 'warn' });
  return parsed.ok ? undefined : parsed.error[0]?.code;
}

/** Each option in the line where it was, so that faults keep their places. */
function redactBody(app: AppName, text: string, placeholders: Placeholders): string {
  const body = readBody(text);
  const lines: string[] = [];
  for (const { name, value, line } of body.options.values()) {
    const option = programOptionsByName.get(name);
    placeAt(
      lines,
      line,
      option === undefined
        ? `redacted_option_${placeholders.number(name)}=1`
        : `${name}=${redactOption(app, option, value, placeholders)}`,
    );
  }
  for (const { code, line } of body.errors) {
    if (code === 'E_SECTION_HEADER') placeAt(lines, line, '[redacted]');
    if (code === 'E_SYNTAX') placeAt(lines, line, 'redacted');
    if (code === 'E_COMMENT')
      placeAt(lines, line, `${lines[line - 1]?.split('=')[0] ?? 'command'}=a;b ;c #d`);
  }
  return `${Array.from(lines, (line?: string) => line ?? ';').join('\n')}\n`;
}

function placeAt(lines: (string | undefined)[], line: number, text: string): void {
  lines[line - 1] = text;
}

/** Refused content has no options to learn from, and unknown options have values too. */
function learnLines(text: string, placeholders: Placeholders): void {
  for (const { name, value } of readBody(text).options.values()) {
    if (programOptionsByName.has(name)) continue;
    placeholders.learn(value);
  }
}
