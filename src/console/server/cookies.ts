/** The cookies of the console: never for scripts, never for another site, and under TLS for it alone. */

export interface CookieOptions {
  readonly isSecure: boolean;
  /** Undefined: until the browser is closed. 0: away with it. */
  readonly maxAgeSec?: number;
  /** `Lax`: also when another site leads here; for the way back from an OpenID provider alone. */
  readonly sameSite?: 'Strict' | 'Lax';
}

/** `__Host-`: no other host, and nothing without TLS, can set it. */
export function cookieName(name: string, isSecure: boolean): string {
  return isSecure ? `__Host-${name}` : name;
}

/** The value has none of the characters that cookies know. */
export function formatCookie(
  name: string,
  value: string,
  { isSecure, maxAgeSec, sameSite = 'Strict' }: CookieOptions,
): string {
  const age = maxAgeSec === undefined ? '' : `; Max-Age=${String(maxAgeSec)}`;
  const secure = isSecure ? '; Secure' : '';
  const whole = `${cookieName(name, isSecure)}=${value}`;
  return `${whole}; Path=/; HttpOnly; SameSite=${sameSite}${secure}${age}`;
}

/** Undefined when it is not there, or there twice: one of them is somebody else's. */
export function readCookie(
  header: string | undefined,
  name: string,
  isSecure: boolean,
): string | undefined {
  const wanted = cookieName(name, isSecure);
  const found = (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${wanted}=`));
  return found.length === 1 ? found[0]?.slice(wanted.length + 1) : undefined;
}
