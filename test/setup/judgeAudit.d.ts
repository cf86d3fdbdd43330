/** For tests: see judgeAudit.js. */
export function judgeAudit(
  text: string,
  answers: Readonly<Record<string, string>>,
): { readonly isGood: boolean; readonly lines: readonly string[] };
