/**
 * Whether two replies to `getAllProcessInfo` differ in nothing but the time: `now`, and the uptime
 * that stands in `description`. A quiet host is asked five times a second, so its answer is not
 * taken apart again for that.
 */
const timeFields = new Set(['now', 'description']);

export function differOnlyInTime(a: string, b: string): boolean {
  let at = 0;
  let shift = 0;
  for (;;) {
    const same = sameUntil(a, b, at, shift);
    if (same === a.length && same + shift === b.length) return true;
    const name = a.lastIndexOf('<name>', same);
    const end = a.indexOf('</member>', same);
    const otherEnd = b.indexOf('</member>', same + shift);
    if (name < 0 || end < 0 || otherEnd < 0) return false;
    if (!timeFields.has(a.slice(name + '<name>'.length, a.indexOf('</name>', name)))) return false;
    // What differs must stand in the value of that very member.
    if (a.indexOf('</name>', name) > same || a.lastIndexOf('</member>', same - 1) > name)
      return false;
    at = end;
    shift = otherEnd - end;
  }
}

/** The first place in `a`, from `at` on, where `b` has something else `shift` further on. */
function sameUntil(a: string, b: string, at: number, shift: number): number {
  let index = at;
  const end = Math.min(a.length, b.length - shift);
  while (index < end && a.charCodeAt(index) === b.charCodeAt(index + shift)) index++;
  return index;
}
