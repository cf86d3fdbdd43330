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

/** What is not named stays as it is in etcd. */
export const rolloutOptions = [
  [
    '--max-unavailable <N>',
    'it may be out of service on so many hosts at once while it changes: they take\n' +
      'turns, and the first on which the new content does not run halts it; off: all at once',
  ],
  [
    '--drain <TIME>',
    'between leaving the upstreams and its stop: 0s to 10m, or off; 2s by default\n' +
      'where hosts take turns',
  ],
  [
    '--healthcheck <URL|CMD>',
    'well is what answers there with 2xx or 3xx (this host only: http://127.0.0.1:8088/),\n' +
      'or what this command, run as its user without a shell, says with 0; or off',
  ],
  [
    '--healthcheck-timeout <TIME>',
    'what is not well by then has failed: 1s to 10m, 30s by default',
  ],
] as const;

export const waitOption = [
  '--wait [SECONDS]',
  'until it is so on every host, telling which is how far: --wait=90, 60 by default;\n' +
    'a host that refuses it, has put the old version back, or is lost ends it at once',
] as const;
