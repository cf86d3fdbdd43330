/**
 * Fields with their label, a hint and what is wrong, tied together for those who hear the page.
 *
 *     <TextField label={t('message')} value={message} onInput={setMessage} error={fault} hint="…" />
 *     <TextField isLong … />   several lines;  isMono for what is code
 *     <Select label={t('by')} value={by} options={[{ value: 'host', text: t('host') }]} onChoose={…} />
 *     <Check label={t('all')} isChecked={isAll} onChange={setAll} />
 *     <Search label={t('search')} value={text} onInput={setText} />   `/` leads to it
 *     <Field label=…>{(ids) => <input class="input" {...ids} … />}</Field>   for what is none of these
 */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Glyph } from './Glyph.tsx';

export interface FieldWords {
  readonly label: string;
  readonly hint?: ComponentChildren;
  /** Undefined while nothing is wrong. */
  readonly error?: string | undefined;
  /** The label is heard, not seen. */
  readonly isBare?: boolean;
}

export interface FieldIds {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': 'true' | undefined;
}

export function Field({
  label,
  hint,
  error,
  isBare = false,
  children,
}: FieldWords & { readonly children: (ids: FieldIds) => ComponentChildren }) {
  const id = useId();
  const said = [hint === undefined ? '' : `${id}-hint`, error === undefined ? '' : `${id}-error`];
  const describedBy = said.filter((one) => one !== '').join(' ');
  return (
    <div class="field">
      <label for={id} class={isBare ? 'unseen' : undefined}>
        {label}
      </label>
      {children({
        id,
        'aria-describedby': describedBy === '' ? undefined : describedBy,
        'aria-invalid': error === undefined ? undefined : 'true',
      })}
      {hint === undefined ? null : (
        <div class="field-hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {error === undefined ? null : (
        <div class="field-error" id={`${id}-error`} role="alert">
          <Glyph name="warn" />
          {error}
        </div>
      )}
    </div>
  );
}

export interface TextFieldProps extends FieldWords {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: 'text' | 'password';
  readonly inputMode?: 'numeric';
  readonly isLong?: boolean;
  readonly isMono?: boolean;
  readonly isRequired?: boolean;
  readonly placeholder?: string;
  /** For password keepers; `off` for what is none of theirs. */
  readonly autoComplete?: string;
  readonly autoFocus?: boolean;
  readonly maxLength?: number;
  readonly minLength?: number;
}

export function TextField(props: TextFieldProps) {
  const { value, onInput, isLong = false, isMono = false, type = 'text' } = props;
  return (
    <Field {...props}>
      {(ids) => {
        const shared = {
          ...ids,
          class: isMono ? 'input is-mono' : 'input',
          value,
          required: props.isRequired,
          placeholder: props.placeholder,
          inputMode: props.inputMode,
          autoFocus: props.autoFocus,
          maxLength: props.maxLength,
          minLength: props.minLength,
          autoComplete: props.autoComplete ?? 'off',
          autoCapitalize: 'none',
          spellcheck: false,
        } as const;
        const onChange = (event: { currentTarget: { value: string } }): void =>
          onInput(event.currentTarget.value);
        if (isLong) return <textarea {...shared} onInput={onChange} />;
        if (type === 'password') return <input {...shared} type="password" onInput={onChange} />;
        return <input {...shared} type="text" onInput={onChange} />;
      }}
    </Field>
  );
}

export interface SelectProps<Value extends string> extends FieldWords {
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly text: string }[];
  readonly onChoose: (value: Value) => void;
}

export function Select<Value extends string>(props: SelectProps<Value>) {
  const { value, options, onChoose } = props;
  return (
    <Field {...props}>
      {(ids) => (
        <select
          {...ids}
          class="input"
          value={value}
          onChange={(event) => {
            const chosen = options.find((one) => one.value === event.currentTarget.value);
            if (chosen !== undefined) onChoose(chosen.value);
          }}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Check({
  label,
  isChecked,
  isPartly = false,
  isBare = false,
  onChange,
}: {
  readonly label: string;
  readonly isChecked: boolean;
  /** Some of what it stands for is. */
  readonly isPartly?: boolean;
  readonly isBare?: boolean;
  readonly onChange: (isChecked: boolean) => void;
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={isChecked}
        indeterminate={isPartly}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span class={isBare ? 'unseen' : undefined}>{label}</span>
    </label>
  );
}

export function Search({
  label,
  value,
  onInput,
}: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
}) {
  return (
    <div class="search">
      <Glyph name="search" />
      <input
        class="input"
        type="search"
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={label}
        value={value}
        data-search=""
        autoComplete="off"
        spellcheck={false}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}
