/** What whoever is logged in may do. */
import type { Grant } from '../../../domain/console/roles.ts';
import { useStore } from '../core/store.ts';

const none: readonly Grant[] = [];

export function useGrants(): readonly Grant[] {
  return useStore((state) => state.session?.user?.grants ?? none);
}
