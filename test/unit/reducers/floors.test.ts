import { describe, expect, it } from 'vitest';
import { floorsMax, type Floors, noFloors, withFloor } from '../../../reducers/floors.ts';
import { mapGet } from '../../../reducers/persistentMap.ts';
import { initialState, type State } from '../../../reducers/state.ts';
import { decodeState, encodeState } from '../../../reducers/stateCodec.ts';
import { statementOf } from '../../support/trust.ts';

const texts = { ips: '*', content: 'command=/bin/a\n' };

function add(floors: Floors, app: string, version: number, isHere = false): Floors {
  const accepted = { statement: statementOf(app, version, texts), isGone: !isHere, seq: version };
  return withFloor(floors, app, accepted, (name) => name.startsWith('here'));
}

describe('withFloor', () => {
  it('is the same for what is known', () => {
    const floors = add(noFloors, 'web', 1);
    expect(add(floors, 'web', 1)).toBe(floors);
    expect(mapGet(add(floors, 'web', 2).byApp, 'web')?.version).toBe('2');
  });

  it('drops the oldest of apps that are gone, and counts them', () => {
    let floors = add(noFloors, 'here-1', 1, true);
    for (let n = 2; n <= floorsMax; n += 1) floors = add(floors, `app${String(n)}`, n);
    expect(floors.dropped).toBe(0);
    floors = add(add(floors, 'x', floorsMax + 1), 'y', floorsMax + 2);
    expect({ size: floors.byApp.size, dropped: floors.dropped }).toEqual({
      size: floorsMax,
      dropped: 2,
    });
    expect(mapGet(floors.byApp, 'here-1')).toBeDefined();
    expect(mapGet(floors.byApp, 'app2')).toBeUndefined();
    expect(mapGet(floors.byApp, 'app3')).toBeUndefined();
    expect(mapGet(floors.byApp, 'app4')).toBeDefined();
  });
});

describe('a checkpoint', () => {
  it('holds floors where there are any, and reads one without them', () => {
    const state: State = { ...initialState, floors: add(noFloors, 'web', 1) };
    expect(decodeState(JSON.parse(JSON.stringify(encodeState(state))))?.floors).toEqual(
      state.floors,
    );
    const encoded = encodeState(initialState);
    expect(encoded).not.toHaveProperty('floors');
    expect(decodeState(encoded)?.floors).toEqual(noFloors);
  });
});
