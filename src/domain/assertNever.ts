/** The end of every switch over a closed union: a new variant fails to compile here. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
