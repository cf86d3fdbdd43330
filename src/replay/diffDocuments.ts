/** The differences of two JSON documents, by app where they are about one. */
export interface Change {
  /** An app; undefined for the whole host. */
  readonly about: string | undefined;
  /** `actual.status`, `processes.web:web.pid`. */
  readonly what: string;
  /** Undefined where there is nothing. */
  readonly before: unknown;
  readonly after: unknown;
}

interface Leaf {
  readonly about: string | undefined;
  readonly what: string;
  readonly value: unknown;
}

/** These differ between any two moments, and say nothing. */
const noise: ReadonlySet<string> = new Set([
  ...['at', 'atMs', 'seq', 'supervene'],
  // What a plan is made of is told by itself.
  ...['observedRevision', 'plan.id', 'plan.revision', 'plan.steps', 'plan.wakeAtMs'],
]);

/** Sorted: the host first, then by app. */
export function diffDocuments(before: unknown, after: unknown): readonly Change[] {
  const [a, b] = [leavesOf(before), leavesOf(after)];
  const changes: Change[] = [];
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const [was, is] = [a.get(key), b.get(key)];
    const { about, what } = was ?? is ?? { about: undefined, what: key };
    if (JSON.stringify(was?.value) === JSON.stringify(is?.value)) continue;
    if (about === undefined && noise.has(what)) continue;
    changes.push({ about, what, before: was?.value, after: is?.value });
  }
  return changes.sort((x, y) => compare(x.about ?? '', y.about ?? '') || compare(x.what, y.what));
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function leavesOf(document: unknown): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  const visit = (value: unknown, about: string | undefined, path: readonly string[]): void => {
    if (Array.isArray(value) && value.every(isNamed)) {
      for (const item of value) visitNamed(item, about, path, visit);
    } else if (isRecord(value)) {
      for (const [key, item] of Object.entries(value)) visit(item, about, [...path, key]);
    } else if (value !== undefined) {
      const what = path.join('.');
      leaves.set(JSON.stringify([about, what]), { about, what, value });
    }
  };
  visit(document, undefined, []);
  return leaves;
}

type Visit = (value: unknown, about: string | undefined, path: readonly string[]) => void;
/** An item of a list that has a name of its own: an app, a process, a reason. */
type Named = Readonly<Record<string, unknown>>;

function visitNamed(item: Named, about: string | undefined, path: readonly string[], visit: Visit) {
  const { app, id, code, ...rest } = item;
  const own = path.filter((part) => part !== 'apps');
  if (typeof app === 'string') {
    // What is held or quarantined is told apart by its code.
    const named = typeof code === 'string' ? [...own, code] : own;
    visit(Object.keys(rest).length === 0 ? true : rest, app, named);
    return;
  }
  const group = typeof rest['group'] === 'string' ? rest['group'] : about;
  visit(rest, group, [...own, String(id ?? code)]);
}

function isNamed(value: unknown): value is Named {
  return isRecord(value) && ['app', 'id', 'code'].some((key) => typeof value[key] === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
