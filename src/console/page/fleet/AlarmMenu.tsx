/** Whether the alarm is heard, and what it was raised for. */
import { useStore, useTexts } from '../core/store.ts';
import { Ago } from '../parts/Ago.tsx';
import { Badge, type Tone } from '../parts/Badge.tsx';
import { Button, Link } from '../parts/Button.tsx';
import type { GlyphName } from '../parts/glyphs.ts';
import { Menu, type MenuItem } from '../parts/Menu.tsx';
import { say } from '../parts/Notice.tsx';
import {
  alarmText,
  canNotify,
  chooseNotify,
  dispatchAlarm,
  isNotifying,
  muteFor,
  muteUntilUnmuted,
  useAlarm,
} from './alarm.ts';
import { playAlarm } from './alarmSound.ts';
import { type Alarm, isMuted } from './alarmState.ts';
import { alarmTexts } from './alarmTexts.ts';
import type { Opened } from './fleetQuery.ts';
import { useNow } from '../core/clock.ts';

const tenMinutesMs = 600_000;

export function AlarmMenu() {
  const t = useTexts(alarmTexts);
  const alarm = useAlarm();
  const nowMs = useNow();
  const isOff = useStore((state) => state.isMuted);
  const isForNow = isMuted(alarm, nowMs);
  const isSilent = isOff || isForNow;
  const notifies = isNotifying();
  const whyNot = canNotify() ? undefined : t('unsupported');
  const askNotify = async (): Promise<void> => {
    if ((await chooseNotify(true)) === 'denied') say({ tone: 'warn', text: t('denied') });
  };
  const items: readonly (MenuItem | 'line' | string)[] = [
    t('sound'),
    { text: t('on'), isChecked: !isSilent, glyph: 'bell', onChoose: () => muteFor(undefined) },
    {
      text: t('mute10'),
      isChecked: !isOff && isForNow,
      glyph: 'pause',
      onChoose: () => muteFor(tenMinutesMs),
    },
    { text: t('muteAll'), isChecked: isOff, glyph: 'bellOff', onChoose: muteUntilUnmuted },
    { text: t('try'), glyph: 'start', onChoose: playAlarm },
    t('desktop'),
    { text: t('notify'), isChecked: notifies, whyNot, onChoose: () => void askNotify() },
    { text: t('notifyOff'), isChecked: !notifies, onChoose: () => void chooseNotify(false) },
  ];
  return (
    <Menu
      label={t(isSilent ? 'muted' : 'alarm')}
      glyph={isSilent ? 'bellOff' : 'bell'}
      kind="quiet"
      items={items}
    />
  );
}

const looks: Readonly<Record<Alarm['kind'], { readonly tone: Tone; readonly glyph: GlyphName }>> = {
  Fatal: { tone: 'bad', glyph: 'fatal' },
  Quarantined: { tone: 'bad', glyph: 'quarantined' },
  RolledBack: { tone: 'odd', glyph: 'rolledBack' },
  HostLost: { tone: 'bad', glyph: 'lost' },
};

const shownMax = 4;

/** Nothing while nothing was raised. */
export function AlarmList({ urlOf }: { readonly urlOf: (open: Opened) => string }) {
  const t = useTexts(alarmTexts);
  const { raised } = useAlarm();
  return (
    <div role="status" aria-live="polite" class="alarm-place">
      {raised.length > 0 && (
        <section class="alarm" aria-label={t('happened')}>
          <ul>
            {raised.slice(0, shownMax).map((alarm) => (
              <li key={alarm.key} class={alarm.isOver ? 'line is-over' : 'line'}>
                <Badge {...looks[alarm.kind]} isBare>
                  <Link href={urlOf(openedOf(alarm))} title={alarm.detail}>
                    {alarmText(alarm)}
                  </Link>
                </Badge>
                <span class="small muted">
                  <Ago atMs={alarm.atMs} /> {alarm.isOver && `· ${t('over')}`}
                </span>
              </li>
            ))}
            {raised.length > shownMax && (
              <li class="small muted">{t('more', { n: raised.length - shownMax })}</li>
            )}
          </ul>
          <Button isSmall glyph="check" onClick={() => dispatchAlarm({ type: 'PutAside' })}>
            {t('putAside')}
          </Button>
        </section>
      )}
    </div>
  );
}

function openedOf({ app, host }: Alarm): Opened {
  return app === undefined ? { type: 'Host', host } : { type: 'Place', app, host };
}
