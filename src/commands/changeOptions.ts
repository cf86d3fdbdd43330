/** The flags of every command that changes an app. */

/** For its record in the history. */
export const recordOptions = [
  ['-m, --message <TEXT>', 'why, for `supervene history`'],
  ['--no-history', 'leave no record of it: for an account that may not write one'],
] as const;

export const signingOptions = [
  ['--sign <KEYFILE...>', 'sign it with this private key; may be repeated'],
  ['--expires <TIME>', 'hosts that have not seen it in so long do not accept it: 30d, 12h'],
  ['--above <VERSION>', 'signed: above this one, which a host named in E_SIGNATURE_ROLLBACK'],
  ['--unsigned', 'write it without a signature, though it had one'],
] as const;

export const waitOption = [
  '--wait [SECONDS]',
  'until it is so on every host, telling which is how far: --wait=90, 60 by default;\n' +
    'a host that refuses it, has put the old version back, or is lost ends it at once',
] as const;
