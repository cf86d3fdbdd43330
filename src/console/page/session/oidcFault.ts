/** Why a log-in by an OpenID provider came to nothing: one word in the address, one sentence here. */
export const oidcTexts = {
  state: 'oidc_state',
  refused: 'oidc_refused',
  wrong: 'oidc_wrong',
  away: 'oidc_away',
  nobody: 'oidc_nobody',
  wait: 'oidc_wait',
} as const;

export type OidcFault = keyof typeof oidcTexts;

/** Nothing of the address is shown: what is none of the words is none at all. */
export function readOidcFault(search: string): OidcFault | undefined {
  const given = new URLSearchParams(search).get('oidc');
  return given !== null && isFault(given) ? given : undefined;
}

function isFault(given: string): given is OidcFault {
  return Object.hasOwn(oidcTexts, given);
}
