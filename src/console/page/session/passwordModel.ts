/** What is wrong with a new password, before the console says so. Pure. */
export const passwordLengthMin = 12;

export type PasswordFault = 'tooShort' | 'sameAsUser' | 'notSame';

/** Counted as the console counts: in code points. */
export function passwordFault(
  user: string,
  password: string,
  again: string,
): PasswordFault | undefined {
  if ([...password].length < passwordLengthMin) return 'tooShort';
  if (password.toLowerCase() === user.toLowerCase()) return 'sameAsUser';
  return password === again ? undefined : 'notSame';
}
