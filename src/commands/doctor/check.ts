/** One line of `supervene doctor`. */
export interface Check {
  /** What was looked at: `etcd`, `supervisord`, … */
  readonly area: string;
  /** `warning`: the agent works all the same. */
  readonly status: 'ok' | 'warning' | 'problem';
  readonly message: string;
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null;
}

export interface Checker {
  readonly ok: (message: string) => Check;
  readonly warning: (message: string, remedy: string) => Check;
  readonly problem: (message: string, remedy: string) => Check;
}

export function checkerFor(area: string): Checker {
  return {
    ok: (message) => ({ area, status: 'ok', message, remedy: null }),
    warning: (message, remedy) => ({ area, status: 'warning', message, remedy }),
    problem: (message, remedy) => ({ area, status: 'problem', message, remedy }),
  };
}
