/**
 * Which versions of etcd have security holes that are known, as data, and what to do about it.
 *
 * From the changelogs and advisories of etcd (github.com/etcd-io/etcd/security/advisories), as of
 * November 2026. Holes that matter to who runs supervene: those of accounts and roles, since the
 * rest of etcd's security is the network's. A version that cannot be read is judged not at all.
 */

export interface EtcdHole {
  readonly id: string;
  /** What it gives away, after "known for:". */
  readonly what: string;
  /** By line, the first release without it; a line that is not named never had a fix. */
  readonly fixedIn: Readonly<Record<string, number>>;
}

export const etcdHoles: readonly EtcdHole[] = [
  {
    id: 'CVE-2021-28235',
    what: 'passwords shown by its debug page',
    fixedIn: { '3.4': 25, '3.5': 8 },
  },
  {
    id: 'CVE-2023-32082',
    what: 'names of keys told to users who may not read them',
    fixedIn: { '3.4': 26, '3.5': 9 },
  },
  {
    id: 'CVE-2026-33413',
    what: 'calls answered without permission',
    fixedIn: { '3.4': 42, '3.5': 28, '3.6': 9 },
  },
  {
    id: 'CVE-2026-33343',
    what: 'roles passed by with nested transactions',
    fixedIn: { '3.4': 42, '3.5': 28, '3.6': 9 },
  },
  {
    id: 'CVE-2026-44283',
    what: 'roles passed by with transactions',
    fixedIn: { '3.4': 44, '3.5': 30, '3.6': 11 },
  },
  {
    // The last release of 3.4 was a month before; from 3.4.45 on this one alone is no warning.
    id: 'GHSA-xg4h-6gfc-h4m8',
    what: 'roles passed by with watches',
    fixedIn: { '3.5': 33, '3.6': 14, '3.7': 1 },
  },
];

/** The first release of each line that is not warned of; lines after the last one are taken as good. */
export const etcdLeast: Readonly<Record<string, number>> = {
  '3.4': 45,
  '3.5': 33,
  '3.6': 14,
  '3.7': 1,
};

/** What is wrong and what to do, each a sentence without its full stop. */
export interface EtcdWarning {
  readonly message: string;
  readonly remedy: string;
}

/** Undefined: nothing to say, also of a text that is no version. */
export function judgeEtcdVersion(version: string): EtcdWarning | undefined {
  const parsed = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:$|[-+])/.exec(version);
  if (parsed === null) return undefined;
  const [major = 0, minor = 0, patch = 0] = parsed.slice(1).map(Number);
  const line = `${String(major)}.${String(minor)}`;
  const least = etcdLeast[line];
  if (least === undefined && !isBefore(major, minor, 3, 4)) return undefined;
  if (least !== undefined && patch >= least) return undefined;
  const holes = etcdHoles.filter(({ fixedIn }) => isOpen(fixedIn, major, minor, patch));
  const known = holes.map(({ id, what }) => `${id} (${what})`).join(', ');
  return {
    message: `etcd ${line}.${String(patch)} has known security holes: ${known}`,
    remedy: 'update etcd to 3.4.45 or later, or better to a current 3.5 or 3.6',
  };
}

/** A line between those with a fix has none; one after them was begun without the hole. */
function isOpen(
  fixedIn: EtcdHole['fixedIn'],
  major: number,
  minor: number,
  patch: number,
): boolean {
  const fix = fixedIn[`${String(major)}.${String(minor)}`];
  if (fix !== undefined) return patch < fix;
  return Object.keys(fixedIn).some((line) => {
    const [fixedMajor = 0, fixedMinor = 0] = line.split('.').map(Number);
    return isBefore(major, minor, fixedMajor, fixedMinor);
  });
}

function isBefore(major: number, minor: number, thanMajor: number, thanMinor: number): boolean {
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}
