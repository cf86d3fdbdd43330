/** Where there is nothing to show: what would be there, and what can be done about it. */
import type { ComponentChildren } from 'preact';
import { Glyph } from './Glyph.tsx';
import type { GlyphName } from './glyphs.ts';

export function Empty({
  glyph,
  title,
  isView = false,
  children,
}: {
  readonly glyph: GlyphName;
  readonly title: string;
  /** It stands for a whole view, and its title for that of the view. */
  readonly isView?: boolean;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Glyph name={glyph} />
      {isView ? <h1>{title}</h1> : <h2>{title}</h2>}
      <div class="empty-more">{children}</div>
    </div>
  );
}
