/** What was known at the chosen moment: desired, actual, plan, held; and why an app is as it is. */
import type {
  MomentApp,
  MomentChain,
  MomentDocument,
  MomentPart,
} from '../../../domain/console/timeApi.ts';
import { useStore, useTexts } from '../core/store.ts';
import { useTimeText } from '../parts/Ago.tsx';
import { Link } from '../parts/Button.tsx';
import { Lines } from './Lines.tsx';
import { timeTexts, wordIn } from './texts.ts';

export interface MomentProps {
  readonly moment: MomentDocument;
  readonly app: string | undefined;
  readonly hrefOf: (change: Readonly<Record<string, string | undefined>>) => string;
}

export function MomentPanel({ moment, app, hrefOf }: MomentProps) {
  const t = useTexts(timeTexts);
  const time = useTimeText();
  const { seq, atMs, type, lines, supervene } = moment;
  return (
    <article class="panel time-moment" aria-label={t('at', { seq })}>
      <div class="panel-head">
        <h2>
          {t('at', { seq })} <span class="muted">{type}</span>
        </h2>
        <span class="muted number">{time(atMs)}</span>
      </div>
      <div class="panel-body">
        <div class="time-said">
          <Lines lines={lines} />
        </div>
        {app === undefined ? null : <Chain app={app} chain={moment.chain} hrefOf={hrefOf} />}
        <Plan moment={moment} />
        <Held moment={moment} />
        <Apps moment={moment} app={app} hrefOf={hrefOf} />
        <dl class="time-parts">
          <Part name={t('etcd')} part={moment.etcd} more={moment.etcd.revision} />
          <Part
            name={t('supervisord')}
            part={moment.supervisord}
            more={moment.supervisord.version}
          />
          <Part name={t('files')} part={moment.files} more={null} />
        </dl>
        <p class="muted">
          {t('writtenBy', { version: supervene })}. {t('redacted')}
        </p>
      </div>
    </article>
  );
}

function Part(props: {
  readonly name: string;
  readonly part: MomentPart;
  readonly more: string | null;
}) {
  const time = useTimeText();
  const language = useStore((state) => state.language);
  const { status, sinceMs, detail } = props.part;
  const said = [
    wordIn(language, status),
    sinceMs === null ? null : time(sinceMs),
    props.more,
    detail,
  ];
  return (
    <>
      <dt>{props.name}</dt>
      <dd class="wrap-anywhere">{said.filter((one) => one !== null).join(' · ')}</dd>
    </>
  );
}

function Plan({ moment: { plan, running, wakeAtMs } }: { readonly moment: MomentDocument }) {
  const t = useTexts(timeTexts);
  const time = useTimeText();
  return (
    <section>
      <h3>{t('plan')}</h3>
      {running === null ? null : <p>{t('running', { plan: running })}</p>}
      {plan.length > 0 || running !== null ? null : <p class="muted">{t('noPlan')}</p>}
      <ol class="time-steps">
        {plan.map((line, index) => (
          <li key={index}>
            {line.text}
            {line.because === null ? null : <span class="muted"> — {line.because}</span>}
          </li>
        ))}
      </ol>
      {wakeAtMs === null ? null : <p class="muted">{t('wake', { time: time(wakeAtMs) })}</p>}
    </section>
  );
}

function Held({ moment: { held } }: { readonly moment: MomentDocument }) {
  const t = useTexts(timeTexts);
  const time = useTimeText();
  return (
    <section>
      <h3>{t('held')}</h3>
      {held.length === 0 ? <p class="muted">{t('nothingHeld')}</p> : null}
      <ul class="time-held">
        {held.map(({ app, code, reason, untilMs }, index) => (
          <li key={index} class="wrap-anywhere">
            <b>{app ?? t('thisHost')}</b> <code>{code}</code> {reason}
            {untilMs === null ? null : (
              <span class="muted"> {t('until', { time: time(untilMs) })}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Apps({ moment, app, hrefOf }: MomentProps) {
  const t = useTexts(timeTexts);
  const { apps } = moment;
  return (
    <section>
      <h3>{t('apps')}</h3>
      {apps.length === 0 ? (
        <p class="muted">{t('noApps')}</p>
      ) : (
        <div class="time-table" tabIndex={0} role="region" aria-label={t('apps')}>
          <table class="table">
            <thead>
              <tr>
                {(['name', 'status', 'desired', 'actual', 'processes'] as const).map((key) => (
                  <th key={key} scope="col">
                    {t(key)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {apps.map((one) => (
                <AppRow
                  key={one.app}
                  one={one}
                  isChosen={one.app === app}
                  href={hrefOf({ app: one.app, seq: String(moment.seq) })}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function AppRow({
  one,
  isChosen,
  href,
}: {
  readonly one: MomentApp;
  readonly isChosen: boolean;
  readonly href: string;
}) {
  const t = useTexts(timeTexts);
  const language = useStore((state) => state.language);
  const { app, status, desired, actual } = one;
  const { revision, failure, isStoppedByOperator, processes } = actual;
  return (
    <tr class={isChosen ? 'is-chosen' : undefined}>
      <th scope="row">
        <Link href={href} title={t('why', { app })} isCurrent={isChosen}>
          {app}
        </Link>
      </th>
      <td>{wordIn(language, status)}</td>
      <td>
        {desired.revision === null
          ? wordIn(language, desired.type)
          : t('revision', { revision: desired.revision })}
        {desired.detail === null ? null : <div class="muted wrap-anywhere">{desired.detail}</div>}
      </td>
      <td>
        {revision === null ? t('nothingLoaded') : t('revision', { revision })}
        {isStoppedByOperator ? <div>{t('stopped')}</div> : null}
        {failure === null || desired.detail?.includes(failure) === true ? null : (
          <div class="muted wrap-anywhere">{failure}</div>
        )}
      </td>
      <td>
        {processes.length === 0 ? <span class="muted">{t('noProcesses')}</span> : null}
        {processes.map(({ id, state, pid }) => (
          <div key={id}>
            {state} {pid === 0 ? null : <span class="muted number">{pid}</span>}
            {processes.length > 1 ? <span class="muted"> {id}</span> : null}
          </div>
        ))}
      </td>
    </tr>
  );
}

function Chain({
  app,
  chain,
  hrefOf,
}: {
  readonly app: string;
  readonly chain: MomentChain | null;
  readonly hrefOf: MomentProps['hrefOf'];
}) {
  const t = useTexts(timeTexts);
  const time = useTimeText();
  const language = useStore((state) => state.language);
  if (chain === null || chain.app !== app) return <p class="muted">{t('noChain', { app })}</p>;
  const { status: word, statusSeq, statusMs, events, omitted, fromSeq } = chain;
  const status = wordIn(language, word);
  return (
    <section class="time-chain">
      <h3>{t('chain', { app })}</h3>
      <p>{t('chainStatus', { app, status, seq: statusSeq, time: time(statusMs) })}</p>
      <ol reversed>
        {events.map(({ seq, atMs, lines }) => (
          <li key={seq}>
            <Link href={hrefOf({ seq: String(seq) })} title={time(atMs)} class="number">
              {String(seq)}
            </Link>
            <div>
              <Lines lines={lines} />
            </div>
          </li>
        ))}
      </ol>
      {omitted === 0 ? null : <p class="muted">{t('omitted', { n: omitted })}</p>}
      {fromSeq === 0 ? null : <p class="muted">{t('chainFrom', { seq: fromSeq + 1 })}</p>}
    </section>
  );
}
