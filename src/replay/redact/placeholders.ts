/**
 * What stands in a redacted journal for what was secret: the same number for the same value, in the
 * order of their first appearance, so that equal things stay equal and nothing can be guessed back.
 */
import { createHash } from 'node:crypto';
import { redactText } from '../../log/redact.ts';

export interface Placeholders {
  /** `7`: its number. */
  readonly number: (value: string) => string;
  /** Remembers it as a secret, to be found in other texts: messages quote what they are about. */
  readonly learn: (value: string) => void;
  /** A text for people without any secret learnt so far, and without passwords in URLs. */
  readonly scrub: (text: string) => string;
  /** A text of this hash is shown as one of that. */
  readonly learnHash: (sha256: string, redacted: string) => void;
  /** Of the text that is shown instead; of none, but valid, where that is not known. */
  readonly hash: (sha256: string) => string;
}

/** Shorter ones are found in every text, and say nothing. */
const secretMin = 4;
/** So much of a secret is looked for; what was cut off by a message is found too. */
const prefixMax = 12;
const memoMax = 10_000;

export function createPlaceholders(): Placeholders {
  const numbers = new Map<string, string>();
  const secrets = new Map<string, Set<string>>();
  const hashes = new Map<string, string>();
  let scrubbed = new Map<string, string>();

  const number = (value: string): string => {
    // By hash: a journal may hold many large contents.
    const key = digest(value);
    const known = numbers.get(key) ?? String(numbers.size + 1);
    numbers.set(key, known);
    return known;
  };

  return {
    number,
    learn: (value) => {
      if (value.trim().length < secretMin) return;
      const prefix = value.slice(0, prefixMax);
      const known = secrets.get(prefix);
      if (known?.has(value) === true) return;
      secrets.set(prefix, new Set([...(known ?? []), value]));
      scrubbed = new Map();
    },
    scrub: (text) => {
      const known = scrubbed.get(text);
      if (known !== undefined) return known;
      let clean = redactText(text);
      for (const [prefix, values] of secrets) {
        if (clean.includes(prefix)) clean = without(clean, prefix, [...values]);
      }
      if (scrubbed.size < memoMax) scrubbed.set(text, clean);
      return clean;
    },
    learnHash: (sha256, redacted) => {
      hashes.set(sha256, redacted);
    },
    hash: (sha256) => hashes.get(sha256) ?? digest(`redacted ${number(sha256)}`),
  };
}

/** Cuts each place where a secret begins, as far as it goes on like one of them. */
function without(text: string, prefix: string, secrets: readonly string[]): string {
  let clean = '';
  let rest = text;
  for (let at = rest.indexOf(prefix); at !== -1; at = rest.indexOf(prefix)) {
    const tail = rest.slice(at);
    const length = Math.max(...secrets.map((secret) => sharedLength(tail, secret)));
    clean += `${rest.slice(0, at)}[redacted]`;
    rest = tail.slice(length);
  }
  return clean + rest;
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
