/** How a change goes through the hosts: all at once, or in turns, and what counts as well. */
import { useTexts } from '../core/store.ts';
import { Select, TextField } from '../parts/Field.tsx';
import { Glyph } from '../parts/Glyph.tsx';
import { Notice } from '../parts/Notice.tsx';
import {
  faultyField,
  type RolloutField,
  type RolloutFields,
  rolloutKeyOf,
} from './rolloutFields.ts';
import { publishTexts } from './texts.ts';

export function RolloutFieldset({
  fields,
  isReadOnly,
  onChange,
}: {
  readonly fields: RolloutFields;
  readonly isReadOnly: boolean;
  readonly onChange: (change: Partial<RolloutFields>) => void;
}) {
  const t = useTexts(publishTexts);
  const key = rolloutKeyOf(fields);
  const fault = key.ok ? undefined : key.error;
  const field = fault === undefined ? undefined : (faultyField(fault) ?? 'maxUnavailable');
  const textField = (name: Exclude<RolloutField, 'check'>, placeholder: string) => (
    <TextField
      label={t(name)}
      hint={t(`${name}Hint`)}
      value={fields[name]}
      placeholder={placeholder}
      onInput={(text) => {
        if (!isReadOnly) onChange({ [name]: text });
      }}
      error={
        field === name ? fault?.message.replace('the rollout key cannot be used: ', '') : undefined
      }
    />
  );
  return (
    <details class="panel rollout-fields" open={key.ok ? key.value !== undefined : true}>
      <summary class="panel-head">
        <Glyph name="right" />
        <h2>{t('rollout')}</h2>
        <span class="small muted">
          {fields.maxUnavailable.trim() === ''
            ? t('allAtOnce')
            : t('someAtATime', { n: fields.maxUnavailable })}
        </span>
      </summary>
      <div class="panel-body stack">
        {fields.unreadable === undefined ? null : (
          <Notice tone="bad" title={t('rolloutUnreadable')}>
            <code>{fields.unreadable}</code>
          </Notice>
        )}
        <div class="field-row">
          {textField('maxUnavailable', '1')}
          {textField('drain', '2s')}
        </div>
        <div class="field-row">
          <Select
            label={t('check')}
            value={fields.check}
            options={[
              { value: 'none', text: t('checkNone') },
              { value: 'url', text: t('checkUrl') },
              { value: 'command', text: t('checkCommand') },
            ]}
            onChoose={(check) => {
              if (!isReadOnly) onChange({ check });
            }}
          />
          {fields.check === 'url' ? textField('url', 'http://127.0.0.1:8080/healthz') : null}
          {fields.check === 'command' ? textField('command', '/project/check') : null}
          {fields.check === 'none' ? null : textField('timeout', '30s')}
        </div>
      </div>
    </details>
  );
}
