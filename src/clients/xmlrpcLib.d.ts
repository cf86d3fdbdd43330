/** The codec of the `xmlrpc` package, which comes without types and without an `exports` map. */
declare module 'xmlrpc/lib/serializer.js' {
  /** Throws on what XML cannot carry (control characters). */
  export function serializeMethodCall(
    method: string,
    params: readonly unknown[],
    encoding?: string,
  ): string;
}

declare module 'xmlrpc/lib/deserializer.js' {
  export interface MethodResponseError extends Error {
    readonly faultCode?: number;
    readonly faultString?: string;
    readonly code?: string;
  }
  /** Parses synchronously. A fault without a body throws from `end`. */
  export interface ReplySink {
    write(chunk: Buffer): unknown;
    end(): unknown;
  }
  export interface ReplySource {
    setEncoding(encoding: BufferEncoding): unknown;
    on(event: 'error', listener: (error: Error) => void): unknown;
    pipe(sink: ReplySink): unknown;
  }
  export default class Deserializer {
    constructor(encoding?: BufferEncoding);
    deserializeMethodResponse(
      source: ReplySource,
      callback: (error: MethodResponseError | null | undefined, value?: unknown) => void,
    ): void;
  }
}
