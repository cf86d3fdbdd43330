/** What is to be asked of an app that was changed, now and again until it is well. */
import type { AppName, Sha256 } from '../types.ts';
import type { HealthProbe } from './rollout.ts';

export interface HealthWish {
  readonly app: AppName;
  /** Of the version that is asked: goes back with the answer, in `HealthChecked`. */
  readonly contentSha256: Sha256;
  readonly probe: HealthProbe;
  /** When it is too late, in milliseconds since the epoch; undefined while that is not known. */
  readonly untilMs: number | undefined;
  /** How its program is run: options as in the content, defaults added, nothing expanded. */
  readonly program: {
    readonly user: string | undefined;
    readonly directory: string | undefined;
    readonly environment: string | undefined;
  };
  /** Those that run; sorted by id. */
  readonly processes: readonly { readonly id: string; readonly pid: number }[];
}
