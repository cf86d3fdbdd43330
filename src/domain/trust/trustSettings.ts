/** Whose word counts on a host: what of it shapes decisions, and therefore stands in the journal. */
import type { KeyId } from './statement.ts';
import { matchesAny, matchesWildcard } from '../wildcard.ts';

/** Absent from the settings when signatures are not looked at. */
export interface TrustSettings {
  readonly mode: 'warn' | 'enforce';
  readonly keys: readonly TrustedKey[];
  /** First match counts; an app that matches none needs one key. */
  readonly thresholds: readonly Threshold[];
  /** Why the keys cannot be relied on; nothing new is then accepted. */
  readonly fault?: string;
}

export interface TrustedKey {
  readonly id: KeyId;
  readonly name: string;
  /** Apps that it may sign, with wildcards. */
  readonly apps: readonly string[];
}

/** So many different keys have to sign an app of such a name. */
export interface Threshold {
  readonly apps: string;
  readonly count: number;
}

export function thresholdOf(thresholds: readonly Threshold[], app: string): number {
  return thresholds.find(({ apps }) => matchesWildcard(apps, app))?.count ?? 1;
}

export function maySign({ apps }: TrustedKey, app: string): boolean {
  return matchesAny(app, apps);
}
