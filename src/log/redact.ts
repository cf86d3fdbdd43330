/**
 * Takes secrets out of what is logged or served: passwords, tokens, `environment` values.
 *
 * Works by name and by shape, so that a new field with a telling name is covered already.
 */
const secretName = /passw|secret|token|authorization|credential|^environment$/i;
const replacement = '[redacted]';
const depthMax = 8;

/** A copy without secrets; what is nested too deeply is left out. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= depthMax) return '[…]';
  if (value instanceof Error) return redactText(value.message);
  if (value instanceof Map) return redact(Object.fromEntries(value), depth);
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return redactFields(value, depth);
}

export function redactFields(fields: object, depth = 0): Readonly<Record<string, unknown>> {
  const entries = Object.entries(fields).map(
    ([key, item]) => [key, isSecret(key, item) ? replacement : redact(item, depth + 1)] as const,
  );
  return Object.fromEntries(entries);
}

/** The name of a file that holds a password is no secret, and neither is that there is none. */
function isSecret(key: string, value: unknown): boolean {
  return secretName.test(key) && !/file$/i.test(key) && value !== undefined;
}

/** `environment=` options with their continuation lines, and passwords inside URLs. */
export function redactText(text: string): string {
  return text
    .replace(/^([ \t]*environment[ \t]*[=:]).*(?:\n[ \t]+\S.*)*/gim, `$1${replacement}`)
    .replace(/(:\/\/[^\s:/@]+:)[^\s@/]+@/g, `$1${replacement}@`);
}
