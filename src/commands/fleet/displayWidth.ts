/**
 * How many columns of a terminal a text takes, and texts cut to so many: East Asian characters and
 * emoji take two, marks that stand on another character none.
 */
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The blocks in which Unicode (annex 11) has characters that are wide or full-width. */
const wide =
  /^(?:[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Emoji}\ufe0f)/u;
const plain = /^[\u0020-\u007e]*$/;
const widthless = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += clusterWidth(segment);
  return width;
}

/** At most so many columns; an ellipsis stands for what is cut off. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let [kept, width] = ['', 0];
  for (const { segment } of segmenter.segment(text)) {
    width += clusterWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** At blanks where there are some, so that no line takes more columns; nothing is left out. */
export function wrapToWidth(text: string, columns: number): readonly string[] {
  const room = Math.max(2, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= room) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = piecesOf(word, room);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, line];
}

function piecesOf(word: string, columns: number): readonly string[] {
  const pieces: string[] = [];
  let [piece, width] = ['', 0];
  for (const { segment } of segmenter.segment(word)) {
    const more = clusterWidth(segment);
    if (width + more > columns) {
      pieces.push(piece);
      [piece, width] = ['', 0];
    }
    piece += segment;
    width += more;
  }
  return [...pieces, piece];
}

function clusterWidth(cluster: string): number {
  if (widthless.test(cluster)) return 0;
  return wide.test(cluster) ? 2 : 1;
}
