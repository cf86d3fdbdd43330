/**
 * The way between one host and etcd, and what is wrong with it. `set` takes effect at once, on
 * calls and watches that are under way too. A wire outlives the clients that use it.
 */

export interface EtcdWireState {
  /**
   * `Cut`: connections break and none is made. `Silent`: nothing arrives on either side and no
   * connection breaks; what was under way goes on when it is over.
   */
  readonly link: 'Up' | 'Cut' | 'Silent';
  /** After so long in silence a watch breaks; undefined: nobody ever notices. */
  readonly keepaliveMs: number | undefined;
  /** One way. */
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
  /** On top of it. */
  readonly slowMs: number;
  /** `WrongPassword`: no login. `NotPermitted`: etcd says no. Watches that stand are not touched. */
  readonly refusal: 'NoLeader' | 'WrongPassword' | 'NotPermitted' | undefined;
  /** Between two progress notices of a quiet watch; undefined: none. */
  readonly progressMs: number | undefined;
  /** Changes in one message; more of them make fragments. */
  readonly fragmentMax: number;
  /** How many revisions the member is behind that a watch is opened on. */
  readonly lagRevisions: number;
  /** Probabilities for each message of a watch: what etcd 3.4 does wrong. */
  readonly bugs: WatchBugs;
}

export interface WatchBugs {
  /** A message comes twice. */
  readonly repeats: number;
  /** A message of long ago comes again, or one from before the start of the watch. */
  readonly old: number;
  /** One event is left out without a word. */
  readonly drops: number;
  /** A progress notice comes ahead of the changes it speaks of. */
  readonly earlyNotices: number;
  /** The stream breaks in the middle. */
  readonly breaks: number;
}

export interface EtcdWire {
  readonly state: () => EtcdWireState;
  readonly set: (change: Partial<EtcdWireState>) => void;
  /** Every connection breaks once. */
  readonly breakNow: () => void;
  readonly listen: (listener: WireListener) => () => void;
}

export interface WireListener {
  /** The state is another one now. */
  readonly onChange: (state: EtcdWireState) => void;
  readonly onBreak: () => void;
}

export const noBugs: WatchBugs = { repeats: 0, old: 0, drops: 0, earlyNotices: 0, breaks: 0 };

/** As on a quiet day. */
export const healthyWire: EtcdWireState = {
  link: 'Up',
  keepaliveMs: 10_000,
  latencyMinMs: 0.2,
  latencyMaxMs: 2,
  slowMs: 0,
  refusal: undefined,
  progressMs: 600_000,
  fragmentMax: 1_000,
  lagRevisions: 0,
  bugs: noBugs,
};

export function createEtcdWire(initial: Partial<EtcdWireState> = {}): EtcdWire {
  let state: EtcdWireState = { ...healthyWire, ...initial };
  const listeners = new Set<WireListener>();
  return {
    state: () => state,
    set: (change) => {
      state = { ...state, ...change };
      for (const listener of [...listeners]) listener.onChange(state);
    },
    breakNow: () => {
      for (const listener of [...listeners]) listener.onBreak();
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
