/**
 * What is said about an app, for who may not see its content: reasons quote what they are about, and
 * what cannot be parsed is often a piece of a secret. Pure.
 */
import type { FleetRow } from '../fleet/fleetRow.ts';
import type { LiveApp } from './live.ts';

/** Of these the reasons are about other things than what stands in the content. */
const shown = /^[EW]_(?:APP_NAME|ELSEWHERE|HALF_PAIR|PLACEMENT|SIGNATURE|TOO_LARGE|TRUST)/;
/** These tell what became of a program; they may quote its command. */
const outcomes = /^E_(?:CANT_REREAD|EXITED|FATAL|FLAPPING)$/;

export function hideReason(code: string | undefined, reason: string): string {
  if (!isOfContent(code)) return shown.test(code ?? '') ? reason : withoutQuotes(reason);
  const line = /^line \d+: /.exec(reason)?.[0] ?? '';
  return `${line}it is not as it has to be (${code}); more is shown to who may publish it`;
}

export function hideRemedy(code: string, remedy: string): string {
  return isOfContent(code) ? 'Ask somebody who may publish it.' : withoutQuotes(remedy);
}

function isOfContent(code: string | undefined): code is string {
  return code !== undefined && /^[EW]_/.test(code) && !outcomes.test(code) && !shown.test(code);
}

/** Apostrophes are left alone. */
function withoutQuotes(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"?|(?<!\w)'[^']*'(?!\w)/g, '"…"');
}

export function hideInRow(row: FleetRow): FleetRow {
  const { code, reason } = row;
  return reason === undefined ? row : { ...row, reason: hideReason(code, reason) };
}

export function hideInApp(app: LiveApp): LiveApp {
  const { fault } = app;
  if (fault === null) return app;
  return { ...app, fault: { ...fault, reason: hideReason(fault.code, fault.reason) } };
}
