/** Untrusted text inside a message: one line, printable, bounded, in double quotes. */
export function quote(text: string, lengthMax = 60): string {
  const points = Array.from(text.slice(0, lengthMax * 2));
  const isCut = points.length > lengthMax || text.length > lengthMax * 2;
  const shown = points.slice(0, lengthMax).join('') + (isCut ? '…' : '');
  return JSON.stringify(shown).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
