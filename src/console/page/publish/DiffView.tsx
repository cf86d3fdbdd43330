/** What changes in an app's keys, line by line: signs and words beside the colours. */
import type { AppTexts } from '../../../domain/fleet/publication.ts';
import { useTexts } from '../core/store.ts';
import { type DiffLine, diffLines, readable } from './diffModel.ts';
import { publishTexts } from './texts.ts';
import { keyNames } from './threeWay.ts';

export function TextsDiff({
  before,
  after,
}: {
  readonly before: AppTexts | undefined;
  readonly after: AppTexts | undefined;
}) {
  const t = useTexts(publishTexts);
  const changed = keyNames.flatMap((key) => {
    const lines = diffLines(readable(key, before?.[key]), readable(key, after?.[key]));
    return lines.length === 0 ? [] : [{ key, lines }];
  });
  if (changed.length === 0) return <p>{t('noDifference')}</p>;
  return (
    <div class="stack">
      {changed.map(({ key, lines }) => (
        <DiffLines key={key} title={t(key)} lines={lines} />
      ))}
    </div>
  );
}

export function DiffLines({
  title,
  lines,
}: {
  readonly title: string;
  readonly lines: readonly DiffLine[];
}) {
  const t = useTexts(publishTexts);
  const words = { '+': t('added'), '-': t('removed'), ' ': '', '…': t('leftOut') };
  const [plus, minus] = (['+', '-'] as const).map((sign) =>
    lines.filter((one) => one.sign === sign),
  );
  return (
    <figure class="diff">
      <figcaption class="line">
        <h3>{title}</h3>
        <span class="small muted number">
          +{plus?.length} −{minus?.length}
        </span>
      </figcaption>
      <div class="diff-scroll" tabIndex={0} role="group" aria-label={title}>
        <table>
          <tbody>
            {lines.map((line, at) => (
              <tr
                key={at}
                class={`diff-${line.sign === '+' ? 'added' : line.sign === '-' ? 'removed' : 'same'}`}
              >
                <td class="diff-number">{line.before}</td>
                <td class="diff-number">{line.after}</td>
                <td class="diff-sign">
                  {line.sign}
                  <span class="unseen">{words[line.sign]}</span>
                </td>
                <td class="diff-text">{line.text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
