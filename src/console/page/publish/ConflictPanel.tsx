/**
 * Somebody else has published meanwhile: what stood there first, theirs and mine, key by key. Nothing
 * is written before somebody has said what is to stand there.
 */
import { useState } from 'preact/hooks';
import type { AppDocument } from '../../../domain/console/api.ts';
import type { AppTexts } from '../../../domain/fleet/publication.ts';
import { formatPlace } from '../core/router.ts';
import { useTexts } from '../core/store.ts';
import { Button, Link } from '../parts/Button.tsx';
import { Notice } from '../parts/Notice.tsx';
import { DiffLines } from './DiffView.tsx';
import { diffLines, readable } from './diffModel.ts';
import { publishTexts } from './texts.ts';
import {
  type Choice,
  choiceFor,
  compareThree,
  type KeyDifference,
  type KeyName,
  resolve,
} from './threeWay.ts';

export function ConflictPanel({
  base,
  now,
  mine,
  onResolve,
}: {
  readonly base: AppTexts;
  readonly now: AppDocument;
  readonly mine: AppTexts;
  readonly onResolve: (texts: AppTexts) => void;
}) {
  const t = useTexts(publishTexts);
  const [choices, setChoices] = useState<Readonly<Partial<Record<KeyName, Choice>>>>({});
  const all = compareThree(base, now.texts, mine);
  const differences = all.filter(({ changedBy }) => changedBy !== 'Same');
  const texts = resolve(all, choices);
  return (
    <section class="panel conflict" aria-label={t('conflict')}>
      <div class="panel-body stack">
        <Notice tone="warn" title={t('conflict')} isUrgent>
          {t('conflictHint')} <Link href={formatPlace(['history', now.app])}>{t('whoDidIt')}</Link>
        </Notice>
        {differences.length === 0 ? <p>{t('sameInTheEnd')}</p> : null}
        {differences.map((difference) => (
          <KeyConflict
            key={difference.key}
            difference={difference}
            choice={choices[difference.key] ?? choiceFor(difference)}
            onChoose={(choice) => setChoices({ ...choices, [difference.key]: choice })}
          />
        ))}
        <div class="line">
          <Button
            kind="primary"
            whyNot={texts === undefined ? t('chooseFirst') : undefined}
            onClick={() => {
              if (texts !== undefined) onResolve(texts);
            }}
          >
            {t('goOnWith')}
          </Button>
          <Button onClick={() => onResolve(now.texts)}>{t('takeTheirs')}</Button>
          <Button onClick={() => onResolve(mine)}>{t('takeMine')}</Button>
        </div>
      </div>
    </section>
  );
}

function KeyConflict({
  difference,
  choice,
  onChoose,
}: {
  readonly difference: KeyDifference;
  readonly choice: Choice | undefined;
  readonly onChoose: (choice: Choice) => void;
}) {
  const t = useTexts(publishTexts);
  const { key, base, theirs, mine, merged, changedBy } = difference;
  const shown = (text: string | undefined) => diffLines(readable(key, base), readable(key, text));
  const options: readonly Choice[] =
    merged === undefined ? ['theirs', 'mine'] : ['merged', 'theirs', 'mine'];
  return (
    <fieldset class="conflict-key">
      <legend>
        {t(key)}: {t(`changedBy${changedBy === 'Same' ? 'Both' : changedBy}`)}
      </legend>
      <div class="conflict-sides">
        <DiffLines title={t('theirs')} lines={shown(theirs)} />
        <DiffLines title={t('mine')} lines={shown(mine)} />
      </div>
      <div class="line">
        {options.map((option) => (
          <label key={option} class="check">
            <input
              type="radio"
              name={`conflict-${key}`}
              checked={choice === option}
              onChange={() => onChoose(option)}
            />
            {t(`take_${option}`)}
          </label>
        ))}
      </div>
      {choice === 'merged' && merged !== undefined ? (
        <DiffLines title={t('take_merged')} lines={diffLines(theirs ?? '', merged)} />
      ) : null}
    </fieldset>
  );
}
