/** The flags of every command that changes an app, for its record in the history. */
export const recordOptions = [
  ['-m, --message <TEXT>', 'why, for `supervene history`'],
  ['--no-history', 'leave no record of it: for an account that may not write one'],
] as const;
