/** A drawing beside a word; with `label` it stands for the word. */
import { type GlyphName, glyphs } from './glyphs.ts';

export function Glyph({ name, label }: { readonly name: GlyphName; readonly label?: string }) {
  const paths: readonly string[] = glyphs[name];
  return (
    <svg
      class="glyph"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      {...(label === undefined ? { 'aria-hidden': 'true' } : { role: 'img', 'aria-label': label })}
    >
      {paths.map((path) =>
        path.startsWith('!') ? <path d={path.slice(1)} fill="currentColor" /> : <path d={path} />,
      )}
    </svg>
  );
}
