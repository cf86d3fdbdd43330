/** Who runs what: asked of each supervisord and of each page itself, and laid out as a table. */
import type { DemoHost } from './cluster.ts';

export interface Row {
  readonly host: string;
  readonly address: string;
  readonly app: string;
  readonly state: string;
  readonly pid: string;
  readonly url: string;
  /** What the page says; empty when nobody answers. */
  readonly page: string;
}

const columns = ['host', 'address', 'app', 'state', 'pid', 'url', 'page'] as const;

/** One row for each program of each host; a host without any has one row of its own. */
export async function observe(hosts: readonly DemoHost[]): Promise<readonly Row[]> {
  return (await Promise.all(hosts.map(observeHost))).flat();
}

async function observeHost({ name, address, pageUrl, supervisord }: DemoHost) {
  const [processes, page] = await Promise.all([
    supervisord.processes().catch(() => undefined),
    askPage(pageUrl),
  ]);
  const host = { host: name, address, url: pageUrl, page };
  if (processes === undefined) return [{ ...host, app: '?', state: 'no supervisord', pid: '-' }];
  if (processes.length === 0) return [{ ...host, app: '-', state: '-', pid: '-' }];
  return processes.map(({ group, statename, pid }) => ({
    ...host,
    app: group,
    state: statename,
    pid: pid === 0 ? '-' : String(pid),
  }));
}

async function askPage(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    return (await response.text()).trim();
  } catch {
    return '';
  }
}

export function layOut(rows: readonly Row[]): readonly string[] {
  const cells = rows.map((row) => columns.map((name) => row[name] || 'no answer'));
  const header = columns.map((name) => name.toUpperCase());
  const widths = columns.map((_, index) =>
    Math.max(...[header, ...cells].map((line) => line[index]?.length ?? 0)),
  );
  return [header, ...cells].map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
