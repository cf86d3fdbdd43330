/** How the editor looks: the colours of the page, and which part of a program has which. */
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { programOptionsByName } from '../../../domain/content/programOptions.ts';

interface Line {
  part: 'name' | 'value';
  /** No option has begun yet: an indented line begins one. */
  isFirst: boolean;
}

const expansion = /^%(?:%|\([A-Za-z_][A-Za-z0-9_]*\)[-0]{0,2}\d{0,2}[a-zA-Z])/;

/** Options as supervisor reads them: comments, names, values with what is expanded in them. */
const programLanguage = StreamLanguage.define<Line>({
  startState: () => ({ part: 'name', isFirst: true }),
  token: (stream, line) => {
    if (stream.sol()) {
      const isIndented = /^\s/.test(stream.string);
      line.part = isIndented && !line.isFirst ? 'value' : 'name';
      if (stream.match(/^\s*[;#].*/) !== null) return 'comment';
      if (stream.match(/^\s*\[.*/) !== null) return 'invalid';
    }
    if (stream.eatSpace()) {
      return stream.peek() === ';' || stream.peek() === '#' ? toEnd(stream) : null;
    }
    return line.part === 'name' ? nameToken(stream, line) : valueToken(stream);
  },
});

type Stream = Parameters<Parameters<typeof StreamLanguage.define>[0]['token']>[0];

function toEnd(stream: Stream): string {
  stream.skipToEnd();
  return 'comment';
}

function nameToken(stream: Stream, line: Line): string {
  if (stream.match(/^[=:]/) !== null) {
    line.part = 'value';
    return 'operator';
  }
  line.isFirst = false;
  const name = /^[^=:]*/.exec(stream.string.slice(stream.pos))?.[0] ?? '';
  stream.pos += Math.max(1, name.trimEnd().length);
  return programOptionsByName.has(name.trim().toLowerCase()) ? 'propertyName' : 'name';
}

function valueToken(stream: Stream): string | null {
  if (stream.match(expansion) !== null) return 'special';
  if (stream.match(/^"(?:[^"\\%]|\\.)*"?/) !== null) return 'string';
  if (stream.match(/^(?:true|false|yes|no|on|off|auto|none|unexpected)\b/i) !== null) return 'atom';
  if (stream.match(/^\d+(?:[KMG]B)?\b/i) !== null) return 'number';
  if (stream.match(/^[^\s%"]+/) === null) stream.next();
  return null;
}

const highlighting = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: tags.propertyName, color: 'var(--code-name)', fontWeight: '600' },
  { tag: tags.string, color: 'var(--code-text)' },
  { tag: [tags.number, tags.atom], color: 'var(--code-number)' },
  { tag: tags.special(tags.variableName), color: 'var(--odd)', fontWeight: '600' },
  { tag: tags.invalid, color: 'var(--bad)', textDecoration: 'underline wavy' },
]);

const theme = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: '0.875rem' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  '.cm-scroller': {
    fontFamily: 'var(--mono)',
    lineHeight: '1.55',
    minHeight: 'var(--editor-height, 14rem)',
  },
  '.cm-content': { caretColor: 'var(--text)', padding: '0.5rem 0' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': {
    color: 'var(--muted)',
    backgroundColor: 'var(--sunken)',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--hover) 60%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--hover)', color: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground':
    { backgroundColor: 'var(--chosen)' },
  '.cm-tooltip': {
    color: 'var(--text)',
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: 'var(--radius)',
    boxShadow: 'var(--shadow-high)',
    maxWidth: 'min(32rem, 90vw)',
    fontFamily: 'var(--sans)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '16rem' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    color: 'var(--on-accent)',
    background: 'var(--accent)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected] .cm-completionDetail': {
    color: 'var(--on-accent)',
  },
  '.cm-completionDetail': { color: 'var(--muted)', fontFamily: 'var(--sans)' },
  '.cm-tooltip.cm-completionInfo, .explained': { padding: '0.5rem 0.7rem', maxWidth: '26rem' },
  '.explained p': { margin: '0 0 0.25rem' },
  '.explained strong': { fontFamily: 'var(--mono)' },
  '.cm-diagnostic': { padding: '0.4rem 0.6rem', whiteSpace: 'pre-wrap' },
  '.cm-diagnosticAction': {
    color: 'var(--on-accent)',
    backgroundColor: 'var(--accent)',
    borderRadius: 'var(--radius)',
    padding: '0.15rem 0.5rem',
  },
  '.cm-panels': { color: 'var(--text)', backgroundColor: 'var(--sunken)' },
  '.cm-searchMatch': { backgroundColor: 'var(--code-mark)' },
  '.cm-placeholder': { color: 'var(--muted)' },
});

export const editorLook: Extension = [programLanguage, syntaxHighlighting(highlighting), theme];
