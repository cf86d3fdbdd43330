/**
 * Events a second through the reducer with 10 and with 10,000 apps in etcd. `measureReducer` is given
 * the number of apps and answers with events per second.
 */
import type { Measurement } from './measurement.ts';

export type MeasureReducer = (apps: number) => number;

const measureReducer: MeasureReducer | undefined = undefined;

export function benchReducer(): Promise<readonly Measurement[]> {
  return Promise.resolve(
    [10, 10_000].map((apps) => ({
      name: `reducer with ${apps.toLocaleString('en')} apps`,
      samples: measureReducer === undefined ? [] : [(measureReducer as MeasureReducer)(apps)],
      unit: 'per second' as const,
      budget: 100_000,
    })),
  );
}
