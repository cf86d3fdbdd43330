/** A log as a file: its bytes as they are, a piece after the other. */
import type { ApiRefusal } from '../core/callApi.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import { type LogPlace, pieceMaxBytes, readPiece } from './followLog.ts';

/** Of a larger one only the end. */
export const downloadMaxBytes = 64 * 1024 * 1024;

export interface Download {
  readonly bytes: number;
  readonly isCut: boolean;
}

export async function downloadLog(
  place: LogPlace,
  onProgress: (done: number, all: number) => void,
  signal: AbortSignal,
): Promise<Result<Download, ApiRefusal>> {
  const first = await readPiece(place, { offset: 0, length: 0 }, signal);
  if (!first.ok) return first;
  const { size } = first.value;
  const begin = Math.max(0, size - downloadMaxBytes);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let at = begin;
  while (at < size) {
    const piece = await readPiece(place, { offset: at, length: pieceMaxBytes }, signal);
    if (!piece.ok) return piece;
    if (piece.value.bytes.length === 0) break;
    if (piece.value.offset !== at) {
      return err({ status: 0, code: 'Rotated', error: 'the log was rotated meanwhile' });
    }
    parts.push(Uint8Array.from(piece.value.bytes));
    at += piece.value.bytes.length;
    onProgress(at - begin, size - begin);
  }
  save(new Blob(parts, { type: 'application/octet-stream' }), nameOf(place));
  return ok({ bytes: at - begin, isCut: begin > 0 });
}

function nameOf({ host, app, process, stream }: LogPlace): string {
  const name = `${host}-${process ?? app}-${stream}.log`;
  return name.replaceAll(/[^\w.-]+/g, '_');
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
