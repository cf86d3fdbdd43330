/** Where an app is to run: the placement, and the hosts that it names, while one types. */
import { useMemo } from 'preact/hooks';
import { useStore, useTexts } from '../core/store.ts';
import { Badge } from '../parts/Badge.tsx';
import { TextField } from '../parts/Field.tsx';
import { Glyph } from '../parts/Glyph.tsx';
import { indexOf, matchPlacement } from './placementModel.ts';
import { publishTexts } from './texts.ts';

const shownMax = 24;
const noHosts = new Map<string, never>();

export function PlacementField({
  ips,
  isReadOnly,
  onInput,
}: {
  readonly ips: string;
  readonly isReadOnly: boolean;
  readonly onInput: (ips: string) => void;
}) {
  const t = useTexts(publishTexts);
  const hosts = useStore((state) => state.fleet?.hosts) ?? noHosts;
  const index = useMemo(() => indexOf(hosts), [hosts]);
  const { hosts: found, unanswered, problems, isRefused } = matchPlacement(ips, hosts, index);
  const lost = found.filter(({ isAlive }) => !isAlive).length;
  return (
    <section class="stack" aria-label={t('placement')}>
      <TextField
        label={t('placement')}
        value={ips}
        onInput={(text) => {
          if (!isReadOnly) onInput(text);
        }}
        hint={t('placementHint')}
        isMono
        error={isRefused ? t('placementRefused') : undefined}
      />
      <div aria-live="polite">
        <p class="small">
          {t('matching', { n: found.length, total: hosts.size })}
          {lost === 0 ? '' : ` ${t('lostOnes', { n: lost })}`}
          {ips.trim() === '' ? ` ${t('nowhere')}` : ''}
        </p>
        <ul class="host-chips">
          {found.slice(0, shownMax).map(({ host, isAlive, addresses }) => (
            <li key={host} title={addresses.join(', ')}>
              <Badge tone={isAlive ? 'good' : 'bad'} glyph={isAlive ? 'host' : 'lost'}>
                {host}
                {isAlive ? '' : ` (${t('lost')})`}
              </Badge>
            </li>
          ))}
          {found.length > shownMax ? <li>{t('andMore', { n: found.length - shownMax })}</li> : null}
          {unanswered.map((item) => (
            <li key={item}>
              <Badge tone="warn" glyph="unknown" title={t('unanswered')}>
                {item}: {t('unanswered')}
              </Badge>
            </li>
          ))}
        </ul>
        {problems.map(({ message, remedy }) => (
          <p key={message} class="small problem-line">
            <Glyph name="warn" /> {message}. {remedy}
          </p>
        ))}
      </div>
    </section>
  );
}
