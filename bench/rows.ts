/** The rows of the bench in the order they are run; each starts and ends its own world. */
import type { Measurement } from './measurement.ts';
import { benchReducer } from './reducer.ts';
import { benchBurst } from './rows/burst.ts';
import { benchBytes } from './rows/bytes.ts';
import { benchFifty } from './rows/fifty.ts';
import { benchIdle } from './rows/idle.ts';
import { benchListing } from './rows/listing.ts';
import { benchManyApps, benchOneChange } from './rows/oneChange.ts';
import { benchReplay } from './rows/replay.ts';
import { benchSimulate } from './rows/simulate.ts';
import { benchVersion } from './rows/version.ts';

export interface BenchRow {
  readonly name: string;
  readonly run: () => Promise<readonly Measurement[]>;
}

export const rows: readonly BenchRow[] = [
  { name: 'version', run: benchVersion },
  { name: 'one-supervisorctl', run: () => benchOneChange('supervisorctl') },
  { name: 'one-rpc', run: () => benchOneChange('rpc') },
  { name: 'many-apps', run: benchManyApps },
  { name: 'bytes', run: benchBytes },
  { name: 'fifty-supervisorctl', run: () => benchFifty('supervisorctl') },
  { name: 'fifty-rpc', run: () => benchFifty('rpc') },
  { name: 'burst', run: benchBurst },
  { name: 'listing', run: benchListing },
  { name: 'idle', run: benchIdle },
  { name: 'reducer', run: benchReducer },
  { name: 'replay', run: benchReplay },
  { name: 'simulate', run: benchSimulate },
];
