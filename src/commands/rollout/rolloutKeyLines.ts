/** The text of a rollout key for people, one setting a line: for diffs. Pure. */

/** What makes no sense as it stands there. Empty for none. */
export function rolloutKeyLines(text: string | undefined): string {
  if (text === undefined) return '';
  const fields = fieldsOf(text);
  if (fields === undefined) return text;
  return fields.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join('\n');
}

function fieldsOf(text: string): readonly (readonly [string, unknown])[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const fields = Object.entries(value);
    return fields.length === 0 ? undefined : fields;
  } catch {
    return undefined;
  }
}
