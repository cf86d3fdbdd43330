/** Chunks of bytes as whole lines. Holds no more than the line that is not yet whole. */
export interface ByteLines {
  /** Calls `each` for every line that this chunk ends; the bytes are valid during the call only. */
  readonly push: (chunk: Buffer, each: (bytes: Buffer, start: number, end: number) => void) => void;
  /** Bytes behind the last line break. */
  readonly restBytes: () => number;
}

export function createByteLines(): ByteLines {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  return {
    push: (chunk, each) => {
      let start = 0;
      for (;;) {
        const end = chunk.indexOf(lineBreak, start);
        if (end === -1) break;
        if (begunBytes === 0) each(chunk, start, end);
        else {
          const line = Buffer.concat([...begun, chunk.subarray(start, end)]);
          begun = [];
          begunBytes = 0;
          each(line, 0, line.length);
        }
        start = end + 1;
      }
      if (start === chunk.length) return;
      // A copy: the caller may read its next chunk into the same memory.
      begun.push(Buffer.from(chunk.subarray(start)));
      begunBytes += chunk.length - start;
    },
    restBytes: () => begunBytes,
  };
}

const lineBreak = 0x0a;
