/** One line of a log, as text nodes alone, each in its look. */
import { useTexts } from '../core/store.ts';
import { type Hit, partsOf } from './find.ts';
import type { LogLine } from './logModel.ts';
import type { AnsiLook } from './sgr.ts';
import { logTexts } from './texts.ts';

export interface LineProps {
  readonly line: LogLine;
  readonly hits: readonly Hit[];
  readonly current: Hit | undefined;
  /** What carriage returns have overwritten, too. */
  readonly isWhole: boolean;
}

export function Line({ line, hits, current, isWhole }: LineProps) {
  const t = useTexts(logTexts);
  if (line.type !== 'Line') {
    return (
      <div class="log-mark">
        {line.type === 'Gap' ? t('gap', { n: line.text }) : t('restarted')}
      </div>
    );
  }
  const from = isWhole || hits.some(({ start }) => start < line.shownFrom) ? 0 : line.shownFrom;
  const overwritten = t('overwritten', { n: line.returns });
  return (
    <div class={line.isContinued ? 'log-line is-continued' : 'log-line'} dir="ltr">
      {from === 0 ? null : (
        <span class="log-returns" title={overwritten} aria-label={overwritten}>
          ␍{line.returns}
        </span>
      )}
      {partsOf(line, hits, from).map(({ text, look, hit }) => {
        if (look === undefined && hit === undefined) return text;
        const marked =
          hit === undefined ? '' : hit === current ? ' log-hit is-current' : ' log-hit';
        return (
          <span class={`${classOf(look)}${marked}`} style={coloursOf(look)}>
            {text}
          </span>
        );
      })}
      {line.text === '' ? '\u200b' : null}
    </div>
  );
}

function classOf(look: AnsiLook | 'odd' | undefined): string {
  if (look === undefined) return '';
  if (look === 'odd') return 'log-odd';
  const { fg, bg } = swapped(look);
  const names = [
    ['ansi-fg', fg !== undefined],
    [`ansi-fg-${String(fg)}`, typeof fg === 'number'],
    ['ansi-bg', bg !== undefined],
    [`ansi-bg-${String(bg)}`, typeof bg === 'number'],
    ['ansi-bold', look.isBold],
    ['ansi-dim', look.isDim],
    ['ansi-italic', look.isItalic],
    ['ansi-underlined', look.isUnderlined],
    ['ansi-struck', look.isStruck],
    ['ansi-inverse', look.isInverse && fg === undefined && bg === undefined],
  ] as const;
  return names.flatMap(([name, isSo]) => (isSo ? [name] : [])).join(' ');
}

/** By script: a `style` in the page's own text is not allowed. */
function coloursOf(look: AnsiLook | 'odd' | undefined): Record<string, string> | undefined {
  if (look === undefined || look === 'odd') return undefined;
  const { fg, bg } = swapped(look);
  const colours: Record<string, string> = {};
  if (typeof fg === 'string') colours['--fg'] = fg;
  if (typeof bg === 'string') colours['--bg'] = bg;
  return fg === undefined && bg === undefined ? undefined : colours;
}

function swapped({ fg, bg, isInverse }: AnsiLook): Pick<AnsiLook, 'fg' | 'bg'> {
  return isInverse ? { fg: bg, bg: fg } : { fg, bg };
}
