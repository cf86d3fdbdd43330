/**
 * The languages of the page. Each view keeps its texts beside it, in both, and TypeScript sees that
 * none is missing. What agents say stays as they say it.
 */
export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];

export type Texts<Key extends string> = Readonly<Record<Language, Readonly<Record<Key, string>>>>;

/** TypeScript says so when a text is missing in one of them. */
export function textsOf<Key extends string>(texts: Texts<Key>): Texts<Key> {
  return texts;
}

/** `{name}` in a text is replaced by the value of that name. */
export function fill(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}
