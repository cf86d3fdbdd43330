/**
 * Characters that nobody sees, and that change what others are taken for: controls, what turns the
 * direction of what is read, and what takes no room. (Joiners are none of them: emoji and some
 * scripts need them.)
 */
const unseen =
  /[\p{Cc}\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/u;
const everyUnseen = new RegExp(unseen, 'gu');

export function hasUnseen(text: string): boolean {
  return unseen.test(text);
}

/** The same JSON, with each of them as `\uHHHH`, so that a terminal may show it. */
export function escapeUnseen(json: string): string {
  return json.replace(everyUnseen, (char) =>
    Array.from({ length: char.length }, (_, at) => {
      return `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}
