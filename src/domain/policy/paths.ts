/** Paths as text: nothing is looked up, and links are the host's matter. */

/** Without `.`, `..` and doubled slashes; undefined for a path that is not absolute. */
export function normalisePath(path: string): string | undefined {
  if (!path.startsWith('/')) return undefined;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Both normalised; a path lies within itself. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || isBelow(path, directory);
}

/** Both normalised. */
export function isBelow(path: string, directory: string): boolean {
  const start = directory === '/' ? '/' : `${directory}/`;
  return path.startsWith(start) && path.length > start.length;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Of a program without what packages put around it: `python3.11`, `bash-static`, `sh.distrib`. */
export function plainName(name: string): string {
  let plain = name.replace(tripletBefore, '');
  // Longer than any name of a file; the expression takes quadratic time.
  while (plain.length <= 255 && suffix.test(plain)) plain = plain.replace(suffix, '');
  return plain;
}

/** `x86_64-linux-gnu-python3`, and as some call Perl: `perl5.36-x86_64-linux-gnu`. */
const tripletBefore = /^(?:x86_64|i[3-6]86|aarch64|arm\w*|powerpc\w*|riscv64|s390x)-linux-\w+-/;
const suffix = new RegExp(
  '(?<=.)(?:' +
    '[-.](?:static|distrib|dbg|debug|minimal|basic|tiny|nox|gtk3|gtk|intel64|suid|nosuid)|' +
    '-(?:x86_64|i[3-6]86|aarch64|arm\\w*|powerpc\\w*|riscv64|s390x)-linux-\\w+|' +
    '[-.]?\\d[\\d.]*[dmt]?)$',
);
