/** A moment as a statement has it: `2026-11-22T20:41:13Z` and nothing else. */

const pattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$/;

/** Milliseconds since the epoch; undefined for what is no such moment, or lies before 1970. */
export function parseExpiry(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number);
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
  const isTime = hour < 24 && minute < 60 && second < 60;
  if (!isDate || !isTime || year < 1970) return undefined;
  const seconds = (hour * 60 + minute) * 60 + second;
  return (daysSinceEpoch(year, month, day) * 86_400 + seconds) * 1_000;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Of the Gregorian calendar; 1 January 1970 is 0. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  let days = before * 365 + leaps - 719_162;
  for (let each = 1; each < month; each += 1) days += daysOf(year, each);
  return days + day - 1;
}
