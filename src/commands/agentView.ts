/**
 * What the agent of this host has against an app, when one runs: only it knows what this host
 * lacks, what did not run here, and what is held.
 */
import type { Settings } from '../settings/settings.ts';
import type { AppReport } from './assessApp.ts';
import { controlRequest } from './controlRequest.ts';

export interface HostWord {
  readonly code: string;
  readonly reason: string;
}

export interface AgentView {
  readonly quarantinedByApp: ReadonlyMap<string, HostWord>;
  readonly heldByApp: ReadonlyMap<string, HostWord>;
}

/** Undefined when no agent answers here. */
export async function askAgent(settings: Settings): Promise<AgentView | undefined> {
  const reply = await controlRequest(settings, 'GET', '/state');
  if (!reply.ok || reply.value.status !== 200) return undefined;
  return {
    quarantinedByApp: wordsByApp(fieldOf(reply.value.body, 'quarantined')),
    heldByApp: wordsByApp(fieldOf(reply.value.body, 'held')),
  };
}

/** What etcd alone shows counts first: it is the same on every host. */
export function withAgentView<Report extends Pick<AppReport, 'app' | 'state' | 'code'>>(
  report: Report,
  view: AgentView | undefined,
): Report & { readonly onThisHost: HostWord | null } {
  const quarantined = view?.quarantinedByApp.get(report.app);
  const held = view?.heldByApp.get(report.app);
  const onThisHost = quarantined ?? held ?? null;
  if (report.state !== 'ok' || quarantined === undefined) return { ...report, onThisHost };
  return { ...report, onThisHost, state: 'quarantined', code: quarantined.code };
}

function wordsByApp(items: unknown): ReadonlyMap<string, HostWord> {
  const words = new Map<string, HostWord>();
  for (const item of Array.isArray(items) ? items : []) {
    const [app, code, reason] = ['app', 'code', 'reason'].map((name) => fieldOf(item, name));
    if (typeof app !== 'string' || words.has(app)) continue;
    words.set(app, { code: String(code), reason: String(reason) });
  }
  return words;
}

function fieldOf(value: unknown, name: string): unknown {
  const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return fields.find(([key]) => key === name)?.[1] as unknown;
}
