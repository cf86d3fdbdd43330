/** Why something is as it is: what the host says, and what its code means. */
import { explainCode } from '../core/codes.ts';
import { useStore, useTexts } from '../core/store.ts';
import { fleetTexts } from './texts.ts';

export function Reason({
  code,
  reason,
}: {
  readonly code: string | undefined;
  readonly reason: string | undefined;
}) {
  const t = useTexts(fleetTexts);
  const language = useStore((state) => state.language);
  if (code === undefined && reason === undefined) return null;
  const explained = code === undefined ? undefined : explainCode(code, language);
  return (
    <div class="fleet-reason">
      {code !== undefined && <code class="fleet-code">{code}</code>}
      {reason !== undefined && (
        <p class="wrap-anywhere" lang="en">
          {reason}
        </p>
      )}
      {explained !== undefined && (
        <dl class="facts small">
          <dt>{t('what')}</dt>
          <dd>{explained.means}</dd>
          <dt>{t('todo')}</dt>
          <dd>{explained.remedy}</dd>
        </dl>
      )}
    </div>
  );
}
