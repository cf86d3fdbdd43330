/** What a soak has come to so far. */

/** Of one seed. */
export interface SoakReply {
  readonly events: number;
  /** Virtual milliseconds, of all hosts together. */
  readonly hostMs: number;
  /** What was seen; absent when everything held. */
  readonly failure?: string;
}

export function createTally(nowMs: () => number) {
  const startedMs = nowMs();
  const commands: string[] = [];
  let [seeds, events, hostMs] = [0, 0, 0];
  return {
    add: (reply: SoakReply, command: string): void => {
      seeds += 1;
      events += reply.events;
      hostMs += reply.hostMs;
      if (reply.failure !== undefined) commands.push(command);
    },
    line: (): string => {
      const minutes = (nowMs() - startedMs) / 60_000;
      return [
        `${minutes.toFixed(1)} min: ${String(seeds)} seeds`,
        `${String(events)} events`,
        `${(hostMs / 3_600_000).toFixed(1)} host-hours`,
        `${String(commands.length)} violations`,
      ].join(', ');
    },
    /** One for each seed that failed. */
    commands: (): readonly string[] => commands,
  };
}
