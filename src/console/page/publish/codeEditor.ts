/**
 * The editor of a program's text. Loaded when it is needed: it is larger than the rest of the page.
 *
 * It stands in a shadow root, where its styles are adopted style sheets: others the page's policy
 * does not let in. Tab is not taken: it leads out, with or without Escape before it.
 */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  completionKeymap,
  type CompletionResult,
  startCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { type Diagnostic, forceLinting, linter, lintGutter, lintKeymap } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import type { AppName } from '../../../domain/types.ts';
import type { Language } from '../core/language.ts';
import { isRefusal, meantOption, problemsOfText, sentencesOf } from './checkDraft.ts';
import {
  type Explanation,
  explainAt,
  explainNear,
  type Suggestion,
  suggestAt,
} from './completions.ts';
import { editorLook } from './editorLook.ts';

export interface EditorOptions {
  readonly app: AppName;
  readonly text: string;
  readonly language: Language;
  readonly label: string;
  readonly placeholder: string;
  readonly isReadOnly: boolean;
  /** `Write command instead`, with the word. */
  readonly fixLabel: (option: string) => string;
}

export interface EditorEvents {
  readonly onChange: (text: string) => void;
  /** What the cursor is at. */
  readonly onLook: (explanation: Explanation | undefined) => void;
  /** Ctrl-Enter. */
  readonly onDone: () => void;
}

export interface CodeEditor {
  /** From outside: no step of the history is lost. */
  readonly setText: (text: string) => void;
  readonly configure: (options: EditorOptions) => void;
  /** 1-based. */
  readonly goToLine: (line: number) => void;
  readonly close: () => void;
}

export function createCodeEditor(
  host: HTMLElement,
  options: EditorOptions,
  events: EditorEvents,
): CodeEditor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open', delegatesFocus: true });
  const configurable = new Compartment();
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        keymap.of([
          { key: 'Mod-Enter', run: () => (events.onDone(), true) },
          ...completionKeymap,
          ...lintKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        ...[history(), lineNumbers(), highlightActiveLine(), highlightActiveLineGutter()],
        ...[drawSelection(), highlightSelectionMatches(), EditorView.lineWrapping, lintGutter()],
        ...[editorLook, configurable.of(extensionsOf(options))],
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !isGiven) events.onChange(update.state.doc.toString());
          if (update.docChanged || update.selectionSet) events.onLook(lookedAt(update.view, now));
        }),
      ],
    }),
  });
  let now = options;
  let isGiven = false;
  // The keys of the page are letters: what is typed here is none of them.
  const keepKeys = (event: KeyboardEvent): void => event.stopPropagation();
  host.addEventListener('keydown', keepKeys);
  return {
    setText: (text) => {
      if (text === view.state.doc.toString()) return;
      isGiven = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      isGiven = false;
    },
    configure: (given) => {
      now = given;
      view.dispatch({ effects: configurable.reconfigure(extensionsOf(given)) });
      forceLinting(view);
    },
    goToLine: (number) => {
      const line = view.state.doc.line(Math.max(1, Math.min(number, view.state.doc.lines)));
      view.dispatch({ selection: { anchor: line.from }, scrollIntoView: true });
      view.focus();
    },
    close: () => {
      host.removeEventListener('keydown', keepKeys);
      view.destroy();
    },
  };
}

function extensionsOf(options: EditorOptions): Extension {
  const { language, label, isReadOnly } = options;
  return [
    EditorState.readOnly.of(isReadOnly),
    EditorView.contentAttributes.of({ 'aria-label': label, 'aria-multiline': 'true' }),
    placeholder(options.placeholder),
    linter((view) => diagnose(view, options), { delay: 200 }),
    autocompletion({
      override: [(context) => complete(context, language)],
      icons: false,
      maxRenderedOptions: 60,
    }),
    hoverTooltip((view, position) => {
      const found = explainAt(view.state.doc.toString(), position, language);
      if (found === undefined) return null;
      const { from, to } = found;
      return { pos: from, end: to, create: () => ({ dom: explained(found) }) };
    }),
  ];
}

function lookedAt(view: EditorView, { language }: EditorOptions): Explanation | undefined {
  const { state } = view;
  return explainNear(state.doc.toString(), state.selection.main.head, language);
}

function diagnose(view: EditorView, { app, fixLabel }: EditorOptions): readonly Diagnostic[] {
  const { doc } = view.state;
  if (doc.toString().trim() === '') return [];
  return problemsOfText(app, doc.toString()).map((problem): Diagnostic => {
    const line = doc.line(Math.max(1, Math.min(problem.line, doc.lines)));
    const start = line.from + (line.text.length - line.text.trimStart().length);
    const meant = meantOption(problem, line.text);
    return {
      from: start,
      to: Math.max(start, line.from + line.text.trimEnd().length),
      severity: isRefusal(problem) ? 'error' : 'warning',
      message: sentencesOf(problem),
      source: problem.code,
      ...(meant === undefined ? {} : { actions: [fix(fixLabel(meant), meant)] }),
    };
  });
}

function fix(name: string, option: string): NonNullable<Diagnostic['actions']>[number] {
  return {
    name,
    apply: (view, from) => {
      const line = view.state.doc.lineAt(from);
      const written = /^\s*([^=:]*?)\s*[=:]/.exec(line.text)?.[1] ?? '';
      const at = line.from + line.text.indexOf(written);
      view.dispatch({ changes: { from: at, to: at + written.length, insert: option } });
    },
  };
}

function complete(context: CompletionContext, language: Language): CompletionResult | null {
  const found = suggestAt(context.state.doc.toString(), context.pos, language);
  if (found === undefined) return null;
  const { from, to, suggestions } = found;
  const isName = suggestions[0]?.kind === 'option';
  if (isName && from === context.pos && !context.explicit) return null;
  // Enter after a value that is whole begins a new line, and takes no suggestion.
  const typed = context.state.sliceDoc(from, to);
  const isWhole = !isName && suggestions.some(({ label }) => label === typed);
  if (isWhole && !context.explicit) return null;
  return {
    ...{ from, to, options: suggestions.map(completionOf) },
    ...(isName ? { validFor: /^[A-Za-z_]*$/ } : {}),
  };
}

function completionOf(suggestion: Suggestion, index: number): Completion {
  const { label, apply, detail, info, kind } = suggestion;
  return {
    label,
    detail,
    // In the order given, where nothing else decides.
    boost: -index / 100,
    apply: (view, _completion, from, to) => {
      view.dispatch({
        changes: { from, to, insert: apply },
        selection: { anchor: from + apply.length },
        userEvent: 'input.complete',
      });
      if (kind === 'option') startCompletion(view);
    },
    ...(info === '' ? {} : { info: () => explained({ title: label, lines: info.split('\n') }) }),
  };
}

function explained({ title, lines }: Pick<Explanation, 'title' | 'lines'>): HTMLElement {
  const dom = document.createElement('div');
  dom.className = 'explained';
  const head = document.createElement('p');
  const strong = document.createElement('strong');
  strong.textContent = title;
  head.append(strong);
  dom.append(head);
  for (const line of lines) {
    const paragraph = document.createElement('p');
    paragraph.textContent = line;
    dom.append(paragraph);
  }
  return dom;
}
