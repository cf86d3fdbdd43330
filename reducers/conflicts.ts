/** Foreign files that define something of an app's name: its file would merge with theirs. */
type Foreign = readonly { readonly path: string; readonly sections: readonly string[] }[];

const kinds = new Set(['group', 'program', 'eventlistener', 'fcgi-program']);

/** Derived from the list alone, so remembering it changes no answer. */
const pathsByNameOf = new WeakMap<Foreign, ReadonlyMap<string, string>>();

/** The first foreign file that defines a group or program `name`; undefined when none does. */
export function conflictingFile(foreign: Foreign, name: string): string | undefined {
  let pathsByName = pathsByNameOf.get(foreign);
  if (pathsByName === undefined) {
    pathsByName = indexByName(foreign);
    pathsByNameOf.set(foreign, pathsByName);
  }
  return pathsByName.get(name);
}

function indexByName(foreign: Foreign): ReadonlyMap<string, string> {
  const pathsByName = new Map<string, string>();
  for (const { path, sections } of foreign) {
    for (const section of sections) {
      const colon = section.indexOf(':');
      const name = section.slice(colon + 1).trim();
      if (!kinds.has(section.slice(0, Math.max(0, colon))) || pathsByName.has(name)) continue;
      pathsByName.set(name, path);
    }
  }
  return pathsByName;
}
