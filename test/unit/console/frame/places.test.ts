/** Where the frame leads, by role. */
import { describe, expect, it } from 'vitest';
import { currentPlace, placesFor } from '../../../../src/console/page/frame/places.ts';
import { type Grant, type Role } from '../../../../src/domain/console/roles.ts';

const ids = (...grants: readonly Grant[]): string =>
  placesFor(grants)
    .map(({ id }) => id)
    .join(' ');
const all = (role: Role): Grant => ({ role, apps: ['*'], hosts: ['*'] });

describe('placesFor', () => {
  it('leads each role to what it may see, and nobody to anything', () => {
    expect(ids()).toBe('');
    expect(ids(all('viewer'))).toBe('fleet history rollouts');
    expect(ids(all('operator'))).toBe('fleet history rollouts time');
    expect(ids(all('publisher'))).toBe('fleet publish history rollouts time');
    expect(ids(all('admin'))).toBe('fleet publish history rollouts time keys audit');
  });

  it('shows keys and the trail to admins of everything alone', () => {
    expect(ids({ role: 'admin', apps: ['web*'], hosts: ['*'] })).toBe(
      'fleet publish history rollouts time',
    );
  });
});

describe('currentPlace', () => {
  it('is the fleet without a path, and rollouts are a part of the history', () => {
    expect(currentPlace([], new URLSearchParams())).toBe('fleet');
    expect(currentPlace(['history', 'web'], new URLSearchParams('rollouts'))).toBe('rollouts');
    expect(currentPlace(['history'], new URLSearchParams())).toBe('history');
    expect(currentPlace(['logs', 'host'], new URLSearchParams())).toBe(undefined);
  });
});
