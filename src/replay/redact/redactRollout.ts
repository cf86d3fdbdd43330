/**
 * The rollout of an app without what it may give away: numbers stay, since decisions rest on them;
 * what is asked becomes a placeholder of the same kind, and what was refused is refused still.
 */
import { splitCommand } from '../../domain/content/shellWords.ts';
import type { Leaf } from '../../domain/event.ts';
import type { Healthcheck, Rollout } from '../../domain/rollout/rollout.ts';
import { formatRollout, parseRollout } from '../../domain/rollout/rolloutCodec.ts';
import type { Placeholders } from './placeholders.ts';

export function redactRolloutLeaf(leaf: Leaf, placeholders: Placeholders): Leaf {
  const { value } = leaf;
  if (value.type === 'TooLarge' || value.type === 'Elsewhere') return leaf;
  const rollout = parseRollout(value);
  if (rollout.ok) {
    const text = formatRollout(redactRollout(rollout.value, placeholders));
    return { ...leaf, value: { type: 'Text', text } };
  }
  const written = value.type === 'Text' ? value.text : value.base64;
  for (const [, word = ''] of written.matchAll(/"([^"\\]*)"/g)) placeholders.learn(word);
  return { ...leaf, value: { type: 'Text', text: `redacted ${placeholders.number(written)}` } };
}

export function redactRollout(rollout: Rollout, placeholders: Placeholders): Rollout {
  const { healthcheck } = rollout;
  if (healthcheck === undefined) return rollout;
  return { ...rollout, healthcheck: redactHealthcheck(healthcheck, placeholders) };
}

export function redactHealthcheck(check: Healthcheck, placeholders: Placeholders): Healthcheck {
  if (check.type === 'Url') {
    const afterHost = check.url.replace(/^https?:\/\/[^/?]*/, '');
    placeholders.learn(afterHost);
    return { ...check, url: `http://127.0.0.1/redacted-${placeholders.number(check.url)}` };
  }
  const words = splitCommand(check.command);
  for (const word of words.ok ? words.value : []) placeholders.learn(word);
  placeholders.learn(check.command);
  const number = placeholders.number(check.command);
  return { ...check, command: `/redacted/command-${number}` };
}
