/** One host: its agent, what is the matter with it, and what supervisord runs there beside the apps. */
import type { LiveHost } from '../../../domain/console/live.ts';
import { mayToAllApps } from '../../../domain/console/scope.ts';
import type { ProcessState } from '../../../domain/types.ts';
import { splitCode } from '../core/codes.ts';
import { formatPlace } from '../core/router.ts';
import { useStore, useTexts } from '../core/store.ts';
import { Ago } from '../parts/Ago.tsx';
import { ConditionBadge, ProcessBadge, processLooks } from '../parts/Badge.tsx';
import { Button, Link } from '../parts/Button.tsx';
import { confirmedCodes } from './actionModel.ts';
import { type DetailsHands, Section, ThreeActs } from './detailsParts.tsx';
import { Reason } from './Reason.tsx';
import { fleetTexts } from './texts.ts';
import { hostCondition } from './urgency.ts';
import { useGrants } from './useGrants.ts';
import { placesOfHost } from './placesOf.ts';

export function HostDetails({
  host,
  hands,
}: {
  readonly host: string;
  readonly hands: DetailsHands;
}) {
  const t = useTexts(fleetTexts);
  const known = useStore((state) => state.fleet?.hosts.get(host));
  const grants = useGrants();
  if (known === undefined) {
    return (
      <>
        <ConditionBadge condition="lost" />
        <Reason code="NeverSeen" reason={undefined} />
        <OnlyThis host={host} hands={hands} />
      </>
    );
  }
  const lostCode = known.endedAtMs === null ? 'HostLost' : 'AgentEnded';
  return (
    <>
      <div class="line">
        <ConditionBadge condition={hostCondition(known)} />
        {!known.isAlive && (
          <span class="muted small">
            {t('lastWord', { time: '' })} <Ago atMs={known.endedAtMs ?? known.reportedAtMs} />
          </span>
        )}
      </div>
      {!known.isAlive && <Reason code={lostCode} reason={undefined} />}
      <HostActs known={known} hands={hands} />
      {known.problems.length > 0 && (
        <Section title={t('problems')}>
          {known.problems.map((problem) => {
            const { code, reason } = splitCode(problem);
            return <Reason key={problem} code={code} reason={reason} />;
          })}
        </Section>
      )}
      <HostFacts known={known} />
      <OnlyThis host={host} hands={hands}>
        {mayToAllApps(grants, 'operator', host) && (
          <Link isButton isSmall glyph="time" href={formatPlace(['time', host])}>
            {t('time')}
          </Link>
        )}
      </OnlyThis>
      {known.others.length > 0 && (
        <Section title={t('others')}>
          <p class="muted small">{t('othersMore')}</p>
          {known.others.map(({ id, state }) => (
            <div key={id} class="fleet-one">
              <span class="cut" title={id}>
                {id}
              </span>
              <ProcessBadge state={isState(state) ? state : 'UNKNOWN'} isBare />
            </div>
          ))}
        </Section>
      )}
    </>
  );
}

function isState(state: string): state is ProcessState {
  return Object.hasOwn(processLooks, state);
}

function HostActs({ known, hands }: { readonly known: LiveHost; readonly hands: DetailsHands }) {
  const t = useTexts(fleetTexts);
  const grants = useGrants();
  const rows = useStore((state) => state.fleet?.rows);
  const { host, isAlive, problems } = known;
  const places = rows === undefined ? [] : placesOfHost(rows, host, grants);
  const codes = [...(rows?.values() ?? [])].filter((row) => row.host === host).map(codeOf);
  const toConfirm = [...problems.map((problem) => splitCode(problem).code), ...codes];
  const isConfirmed = toConfirm.some((code) => code !== undefined && confirmedCodes.has(code));
  return (
    <div class="line">
      {isAlive && places.length > 0 && <ThreeActs places={places} onAct={hands.onAct} />}
      {isAlive && isConfirmed && mayToAllApps(grants, 'operator', host) && (
        <Button
          isSmall
          kind="danger"
          onClick={() => hands.onAct({ verb: 'Confirm', hosts: [host] })}
        >
          {t('Confirm')}
        </Button>
      )}
      {!isAlive && mayToAllApps(grants, 'admin', host) && (
        <Button isSmall kind="danger" onClick={() => hands.onForget(host)}>
          {t('forget')}
        </Button>
      )}
    </div>
  );
}

const codeOf = ({ code }: { readonly code: string | undefined }): string | undefined => code;

function HostFacts({ known }: { readonly known: LiveHost }) {
  const t = useTexts(fleetTexts);
  const { addresses, hostNames, version, startedAtMs, reportedAtMs, endedAtMs } = known;
  return (
    <dl class="facts">
      <dt>{t('addresses')}</dt>
      <dd class="mono">{addresses.length === 0 ? '–' : addresses.join(', ')}</dd>
      {hostNames.length > 0 && (
        <>
          <dt>{t('names')}</dt>
          <dd>{hostNames.join(', ')}</dd>
        </>
      )}
      <dt>{t('version')}</dt>
      <dd>{version ?? '–'}</dd>
      <dt>{t('started')}</dt>
      <dd>
        <Ago atMs={startedAtMs} />
      </dd>
      <dt>{t('reported')}</dt>
      <dd>
        <Ago atMs={reportedAtMs} />
      </dd>
      {endedAtMs !== null && (
        <>
          <dt>{t('ended')}</dt>
          <dd>
            <Ago atMs={endedAtMs} />
          </dd>
        </>
      )}
    </dl>
  );
}

function OnlyThis({
  host,
  hands,
  children,
}: {
  readonly host: string;
  readonly hands: DetailsHands;
  readonly children?: preact.ComponentChildren;
}) {
  const t = useTexts(fleetTexts);
  return (
    <div class="line">
      {children}
      <Button isSmall glyph="filter" onClick={() => hands.hand.change({ hosts: [host] })}>
        {t('filterHost')}
      </Button>
    </div>
  );
}
