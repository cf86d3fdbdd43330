/**
 * A fault of the program itself: not to be survived. The process ends, the supervisor of the
 * agent starts it again, and the journal says where it was.
 */
export function failLoudly(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
