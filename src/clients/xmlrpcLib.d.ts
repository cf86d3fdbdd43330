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
  interface MethodResponseError extends Error {
    readonly faultCode?: number;
    readonly faultString?: string;
    readonly code?: string;
  }
  export default class Deserializer {
    constructor(encoding?: BufferEncoding);
    deserializeMethodResponse(
      stream: import('node:stream').Readable,
      callback: (error: MethodResponseError | null | undefined, value?: unknown) => void,
    ): void;
  }
}
