/** The app `web` that was published with signatures and runs, and what became of it. */
import { expect } from 'vitest';
import { testKey } from '../trust.ts';
import { createSignedWorld, type SignedWorld, textsOf } from './signedWorld.ts';

export const [release, second, third, stranger] = [testKey(1), testKey(2), testKey(3), testKey(9)];
export const v1 = textsOf('/bin/one');
export const v2 = textsOf('/bin/two');
export const oneAtATime = '{"maxUnavailable":1,"drain":"0s"}';

/** Its version 10 is `v1`, signed by two. */
export async function running(
  change: Parameters<typeof createSignedWorld>[1] = {},
): Promise<SignedWorld> {
  const signed = createSignedWorld([release, second, third], change);
  signed.publish('web', 10, v1, release, second);
  await signed.world.settle();
  expect(signed.world.fileText('web')).toContain('/bin/one');
  return signed;
}

/** It runs as it did, was not restarted, and the plan says why nothing happens. */
export function expectKept({ world }: SignedWorld, code: string): void {
  expect(world.process('web')?.state).toBe('RUNNING');
  expect(world.supervisor.starts.get('web')).toBe(1);
  expect(world.fileText('web')).toContain('/bin/one');
  const { held } = world.loop.current().plan;
  expect(held.find(({ app }) => app === 'web')?.reason).toContain(code);
}

export function expectGone({ world }: SignedWorld): void {
  expect(world.process('web')).toBeUndefined();
  expect(world.fileText('web')).toBeUndefined();
}
