/** A new password, twice, with what is wrong with it once somebody has tried. */
import { useTexts } from '../core/store.ts';
import { TextField } from '../parts/Field.tsx';
import { type PasswordFault, passwordLengthMin } from './passwordModel.ts';
import { sessionTexts } from './texts.ts';

export interface TwicePassword {
  readonly first: string;
  readonly again: string;
}

export function NewPassword({
  label,
  value,
  fault,
  onInput,
}: {
  readonly label: string;
  readonly value: TwicePassword;
  readonly fault: PasswordFault | undefined;
  readonly onInput: (value: TwicePassword) => void;
}) {
  const t = useTexts(sessionTexts);
  const ofFirst = fault === undefined || fault === 'notSame' ? undefined : fault;
  return (
    <>
      <TextField
        label={label}
        type="password"
        autoComplete="new-password"
        value={value.first}
        onInput={(first) => onInput({ ...value, first })}
        hint={t('rule', { n: passwordLengthMin })}
        error={ofFirst && t(ofFirst, { n: passwordLengthMin })}
      />
      <TextField
        label={t('again')}
        type="password"
        autoComplete="new-password"
        value={value.again}
        onInput={(again) => onInput({ ...value, again })}
        error={fault === 'notSame' ? t('notSame') : undefined}
      />
    </>
  );
}
