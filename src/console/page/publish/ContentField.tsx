/**
 * The content of an app: the editor, what is wrong with it line by line, and what the option under
 * the cursor means. Until the editor has come, and when it does not, a plain field.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { AppName, Problem } from '../../../domain/types.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { Glyph } from '../parts/Glyph.tsx';
import { Notice } from '../parts/Notice.tsx';
import { isRefusal, problemsOfText, sentencesOf, unpackBase64 } from './checkDraft.ts';
import type { CodeEditor, EditorEvents, EditorOptions } from './codeEditor.ts';
import type { Explanation } from './completions.ts';
import { publishTexts } from './texts.ts';

export interface ContentFieldProps {
  readonly app: AppName;
  readonly text: string;
  readonly isReadOnly: boolean;
  readonly onChange: (text: string) => void;
  readonly onDone: () => void;
}

export function ContentField(props: ContentFieldProps) {
  const { app, text, isReadOnly, onChange } = props;
  const t = useTexts(publishTexts);
  const [looked, setLooked] = useState<Explanation | undefined>();
  const editor = useEditor(props, setLooked);
  const packed = isReadOnly ? undefined : unpackBase64(text);
  const problems = text.trim() === '' || packed !== undefined ? [] : problemsOfText(app, text);
  return (
    <section class="field" aria-label={t('content')}>
      <div class="line">
        <h2 class="grow">{t('content')}</h2>
        <span class="small muted on-wide">{t('editorKeys')}</span>
      </div>
      {packed === undefined ? null : (
        <Notice tone="info" title={t('isPacked')}>
          <Button isSmall onClick={() => onChange(packed)}>
            {t('unpack')}
          </Button>
        </Notice>
      )}
      <div class="code-editor" ref={editor.place} hidden={editor.state !== 'Ready'} />
      {editor.state === 'Ready' ? null : (
        <textarea
          class="input is-mono code-plain"
          aria-label={t('contentLabel')}
          aria-busy={editor.state === 'Loading'}
          value={text}
          readOnly={isReadOnly}
          spellcheck={false}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
      <ProblemList problems={problems} onChoose={(line) => editor.goToLine(line)} />
      <p class="small muted explained-line" aria-live="polite">
        {looked === undefined ? (
          t('explainHint')
        ) : (
          <>
            <code>{looked.title}</code>: {looked.lines.join(' · ')}
          </>
        )}
      </p>
    </section>
  );
}

function ProblemList({
  problems,
  onChoose,
}: {
  readonly problems: readonly Problem[];
  readonly onChoose: (line: number) => void;
}) {
  const t = useTexts(publishTexts);
  return (
    <ul class="problems" aria-live="polite" aria-label={t('problems')}>
      {problems.slice(0, 8).map((problem) => {
        const { code, line, message } = problem;
        return (
          <li key={`${String(line)} ${message}`} class={isRefusal(problem) ? 'is-bad' : 'is-warn'}>
            <Glyph name={isRefusal(problem) ? 'bad' : 'warn'} />
            <span>
              {line === 0 ? null : (
                <button type="button" class="link" onClick={() => onChoose(line)}>
                  {t('line', { line })}
                </button>
              )}{' '}
              {sentencesOf(problem)} <code class="muted">{code}</code>
            </span>
          </li>
        );
      })}
      {problems.length > 8 ? <li>{t('moreProblems', { n: problems.length - 8 })}</li> : null}
    </ul>
  );
}

/** Loads the editor, and keeps it and what is typed the same. */
function useEditor(props: ContentFieldProps, onLook: EditorEvents['onLook']) {
  const { app, text, isReadOnly } = props;
  const t = useTexts(publishTexts);
  const language = useStore((state) => state.language);
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | undefined>(undefined);
  const [state, setState] = useState<'Loading' | 'Ready' | 'Failed'>('Loading');
  const options: EditorOptions = {
    ...{ app, text, language, isReadOnly, label: t('contentLabel') },
    placeholder: 'command=/project/…',
    fixLabel: (option) => t('writeInstead', { option }),
  };
  const now = useRef({ props, options });
  now.current = { props, options };
  useEffect(() => {
    let isOver = false;
    const events: EditorEvents = {
      onChange: (typed) => now.current.props.onChange(typed),
      onLook,
      onDone: () => now.current.props.onDone(),
    };
    void import('./codeEditor.ts').then(
      ({ createCodeEditor }) => {
        if (isOver || place.current === null) return;
        editor.current = createCodeEditor(place.current, now.current.options, events);
        setState('Ready');
      },
      () => setState('Failed'),
    );
    return () => {
      isOver = true;
      editor.current?.close();
      editor.current = undefined;
    };
  }, []);
  // Before anything else is typed: else an older text would be put in the place of a newer one.
  useLayoutEffect(() => editor.current?.setText(text), [text]);
  useEffect(() => editor.current?.configure(now.current.options), [app, language, isReadOnly]);
  return { place, state, goToLine: (line: number) => editor.current?.goToLine(line) };
}
