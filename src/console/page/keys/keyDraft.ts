/**
 * What is typed over a key, kept through a reload in this tab: of each user and each key, with the
 * revision that it was typed over. Where the browser keeps nothing it lives as long as the page.
 */
import type { KeyDocument } from '../../../domain/console/api.ts';

export interface KeyDraft {
  readonly typed: string;
  readonly modRevision: KeyDocument['modRevision'];
}

function nameOf(user: string, key: string): string {
  return `supervene.key ${JSON.stringify([user, key])}`;
}

export function recallDraft(user: string, key: string): KeyDraft | undefined {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(nameOf(user, key)) ?? 'null');
    if (typeof found !== 'object' || found === null) return undefined;
    const { typed, modRevision } = found as Partial<Record<keyof KeyDraft, unknown>>;
    if (typeof typed !== 'string') return undefined;
    if (modRevision !== null && typeof modRevision !== 'string') return undefined;
    return { typed, modRevision: modRevision as KeyDraft['modRevision'] };
  } catch {
    return undefined;
  }
}

export function keepDraft(user: string, key: string, draft: KeyDraft): void {
  try {
    sessionStorage.setItem(nameOf(user, key), JSON.stringify(draft));
  } catch {
    // It is full, or not allowed.
  }
}

export function forgetDraft(user: string, key: string): void {
  try {
    sessionStorage.removeItem(nameOf(user, key));
  } catch {
    // Not allowed: then nothing was kept either.
  }
}
