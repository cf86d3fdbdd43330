/** Who gives an order, for the journal: the person behind sudo, or the user. */
import { userInfo } from 'node:os';

export function whoAmI(env: Readonly<Record<string, string | undefined>>): string {
  const name = env['SUDO_USER'] ?? env['LOGNAME'] ?? env['USER'] ?? userName();
  return name.slice(0, 64).replaceAll(/[^\w.@-]/g, '_');
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
