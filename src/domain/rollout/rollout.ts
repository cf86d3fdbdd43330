/**
 * How a change of an app goes through its hosts, and what counts as well: the `rollout` key of the
 * app. Without the key every host changes at once, as soon as it hears of it.
 */

export interface Rollout {
  /** On so many hosts the app may be out of service at once; undefined: on all of them. */
  readonly maxUnavailable?: number;
  /** Between leaving the upstreams and the stop: what was begun is finished. 0 for not at all. */
  readonly drainMs?: number;
  /** Undefined: running past its `startsecs` is enough. */
  readonly healthcheck?: Healthcheck;
}

export type Healthcheck = HealthProbe & {
  /** From when its processes run; what has not passed by then has failed. */
  readonly timeoutMs: number;
};

export type HealthProbe =
  /** Well when it is answered with 2xx or 3xx. It asks this host, nothing else. */
  | Readonly<{ type: 'Url'; url: string }>
  /** Well when it exits with 0. Run without a shell, as the program's user, in its directory. */
  | Readonly<{ type: 'Command'; command: string }>;
