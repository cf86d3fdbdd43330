/** What all tests of a file use: started before the first of them, and stopped after the last. */
import { afterAll, beforeAll } from 'vitest';

/** To be called where hooks may stand; what it returns, within tests and hooks. */
export function shared<Thing extends { readonly stop: () => Promise<unknown> }>(
  start: () => Promise<Thing>,
): () => Thing {
  let thing: Thing | undefined;
  beforeAll(async () => {
    thing = await start();
  });
  afterAll(() => thing?.stop());
  return () => {
    if (thing === undefined) throw new Error('it is not started yet');
    return thing;
  };
}
