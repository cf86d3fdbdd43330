/** Whom the agent may take away, and how many. */
import type { State } from '../../../reducers/state.ts';
import { mapGet, mapKeysSorted } from '../../../reducers/persistentMap.ts';
import type { DesiredEntry, Event } from '../../domain/event.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Revision } from '../../domain/types.ts';
import type { Check, Complain, FileChange } from './check.ts';

export interface RemovalCheckDeps {
  readonly complain: Complain;
  /**
   * Does etcd, by what it holds at this revision, say that the app does not belong on this host?
   * Undefined when nobody can tell any more.
   */
  readonly isAbsent: (app: string, revision: Revision) => boolean | undefined;
}

const windowMs = 600_000;

/** UnknownIsNotAbsent and MassRemoval. */
export function createRemovalCheck({ complain, isAbsent }: RemovalCheckDeps) {
  let isListed = false;
  /** What was told is what etcd has: it was not replaced meanwhile, and nothing went missing. */
  let isFaithful = true;
  let spoilers = 0;
  let entries = new Map<string, DesiredEntry>();
  /** Gone with a listing that must not be believed by itself. */
  const doubted = new Set<string>();
  const count = createCount(complain);

  const onListed = (
    { reason, entries: listed }: Extract<Event, { type: 'DesiredListed' }>,
    before: State,
  ): void => {
    // What was to go anyway, by the word of an etcd that was trusted, may go.
    const isLeaving = (app: string): boolean =>
      mapGet(before.appsByName, app)?.released.type === 'Absent';
    const now = new Map(listed.map((entry) => [entry.app, entry]));
    if (reason === 'RevisionRegressed' || reason === 'ClusterChanged') {
      for (const app of entries.keys()) if (!now.has(app) && !isLeaving(app)) doubted.add(app);
    }
    for (const app of now.keys()) doubted.delete(app);
    entries = now;
    isListed = true;
    isFaithful = spoilers === 0;
  };

  const onPlan = (plan: Plan, atMs: number, before: State): void => {
    const apps = removedBy(plan);
    if (apps.length === 0) return;
    for (const app of apps) {
      if (!isListed) complain('UnknownIsNotAbsent', `${plan.id} removes ${app} without a listing`);
      if (doubted.has(app)) complain('UnknownIsNotAbsent', `${plan.id} removes ${app} unconfirmed`);
      if (
        isFaithful &&
        !takenBack(plan).has(app) &&
        isAbsent(app, before.source.revision) === false
      ) {
        const at = `at revision ${before.source.revision}`;
        complain('UnknownIsNotAbsent', `${plan.id} removes ${app}, which etcd leaves here ${at}`);
      }
    }
    count.onPlan(apps, atMs, mapKeysSorted(before.appsByName).length);
  };

  const check: Check = {
    onFileChange: count.onFileChange,
    onLife: () => {
      isListed = false;
    },
    onRecorded: ({ atMs, event }, before, after) => {
      if (event.type === 'DesiredListed') onListed(event, before);
      else if (event.type === 'DesiredLost') isListed = false;
      else if (event.type === 'DesiredChanged') {
        for (const entry of event.entries) {
          const isGone = entry.ips === undefined && entry.content === undefined;
          if (isGone) entries.delete(entry.app);
          else entries.set(entry.app, entry);
          // Somebody deleted or wrote it in the etcd that is there now.
          doubted.delete(entry.app);
        }
      } else if (event.type === 'RemovalsConfirmed') {
        count.onConfirmed(after);
        doubted.clear();
      } else if (event.type === 'PlanStarted') onPlan(event.plan, atMs, before);
    },
  };
  return {
    check,
    /** Until the next listing after `isOver` nobody can say what the agent was told. */
    onSpoilt: (isOver: boolean): void => {
      spoilers += isOver ? -1 : 1;
      isFaithful = false;
    },
  };
}

function appOf(path: string): string | undefined {
  return /([^/]+)\.supervene\.conf$/.exec(path)?.[1];
}

/** Removals of the last ten minutes that nobody gave the word for. */
function createCount(complain: Complain) {
  let removed: { readonly app: string; readonly atMs: number }[] = [];
  let confirmed: ReadonlySet<string> = new Set();
  /** Of the newest plan that removes; a plan whose intent the journal refuses takes nothing away. */
  let going = { apps: [] as readonly string[], atMs: 0, known: 0 };

  const add = (app: string): void => {
    const isCounted = confirmed.has(app) || removed.some((earlier) => earlier.app === app);
    if (!isCounted) removed.push({ app, atMs: going.atMs });
  };

  const judge = (): void => {
    removed = removed.filter((earlier) => going.atMs - earlier.atMs < windowMs);
    // Of what there was before any of them went.
    const owned = going.known + removed.length;
    if (removed.length <= Math.max(3, Math.ceil(0.3 * owned))) return;
    const names = removed.map(({ app }) => app).join(', ');
    complain('MassRemoval', `${String(removed.length)} of ${String(owned)}: ${names}`);
  };

  return {
    onPlan: (apps: readonly string[], atMs: number, known: number): void => {
      going = { apps, atMs, known };
    },
    onFileChange: ({ call, path }: FileChange): void => {
      const app = call === 'unlink' ? appOf(path) : undefined;
      if (app === undefined || !going.apps.includes(app)) return;
      add(app);
      judge();
    },
    onConfirmed: (after: State): void => {
      const names = mapKeysSorted(after.appsByName);
      confirmed = new Set(names.filter((name) => isApproved(after, name)));
      removed = [];
    },
  };
}

function isApproved(state: State, name: string): boolean {
  return mapGet(state.appsByName, name)?.isRemovalApproved === true;
}

function removedBy({ steps }: Plan): readonly string[] {
  return steps.flatMap((step) => (step.type === 'RemoveFile' ? [step.app] : []));
}

/** Files that go because supervisord refuses them, whatever etcd says. */
function takenBack({ steps }: Plan): ReadonlySet<string> {
  const isTakenBack = ({ because }: { readonly because: string }): boolean =>
    because.startsWith('supervisord refuses it');
  return new Set(
    steps.flatMap((step) => (step.type === 'RemoveFile' && isTakenBack(step) ? [step.app] : [])),
  );
}
