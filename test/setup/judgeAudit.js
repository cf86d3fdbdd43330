/** What `npm audit --json` says, against the answers that are committed. */

/** @param {string} text @param {Record<string, string>} answers by advisory, as `GHSA-…` */
export function judgeAudit(text, answers) {
  const report = parse(text);
  if (typeof report?.vulnerabilities !== 'object' || report.vulnerabilities === null) {
    const why = String(report?.message ?? 'no JSON').split(' - ')[0];
    return { isGood: true, lines: [`the registry gave no answer (${why}): nothing was checked`] };
  }
  const found = new Map();
  for (const { name, via = [] } of Object.values(report.vulnerabilities)) {
    for (const advisory of via) {
      // A text names another package of this report, through which it is affected.
      if (typeof advisory !== 'object') continue;
      const id = String(advisory.url).split('/').at(-1);
      found.set(id, { name, severity: advisory.severity, title: advisory.title });
    }
  }
  const lines = [];
  let isGood = true;
  for (const [id, { name, severity, title }] of found) {
    const answer = answers[id];
    const isGrave = severity === 'high' || severity === 'critical';
    if (isGrave && answer === undefined) isGood = false;
    const said = answer === undefined ? (isGrave ? 'NOT ANSWERED' : 'below high') : answer;
    lines.push(`${id} ${severity} in ${name}: ${title}: ${said}`);
  }
  lines.push(`${found.size} findings in what the agent runs with`);
  return { isGood, lines };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
