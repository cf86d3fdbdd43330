/** How many answers may go on at a time, of one user and of all. */
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AnswerStreams,
  createAnswerStreams,
  type StreamKind,
  streamsMax,
} from '../../../../src/console/server/answerStreams.ts';

let streams: AnswerStreams | undefined;
afterEach(() => streams?.close());

function open(): AnswerStreams {
  streams = createAnswerStreams(
    () => 'worth',
    () => 0,
  );
  return streams;
}
const response = (): ServerResponse =>
  Object.assign(new EventEmitter(), { destroyed: false }) as unknown as ServerResponse;
const kinds = Object.keys(streamsMax) as StreamKind[];

describe('createAnswerStreams', () => {
  it.each(kinds)('keeps no more places of kind %s for one user than are his', (kind) => {
    const { reserve } = open();
    const mine = Array.from({ length: streamsMax[kind].ofUser }, response);
    for (const each of mine) expect(reserve(kind, 'eve', each)).toBe(true);
    expect(reserve(kind, 'eve', response())).toBe(false);
    expect(reserve(kind, 'anna', response())).toBe(true);
    mine[0]?.emit('close');
    expect(reserve(kind, 'eve', response())).toBe(true);
    expect(reserve(kind, 'eve', response())).toBe(false);
  });

  it.each(kinds)('keeps no more of kind %s for all than leave room for others', (kind) => {
    const { reserve } = open();
    const { ofAll } = streamsMax[kind];
    for (let at = 0; at < ofAll; at += 1) {
      expect(reserve(kind, `u${String(at)}`, response())).toBe(true);
    }
    expect(reserve(kind, 'anna', response())).toBe(false);
    for (const other of kinds) {
      if (other !== kind) expect(reserve(other, 'anna', response())).toBe(true);
    }
  });

  it('leaves a fifth of 1,000 connections for what is answered at once', () => {
    const all = Object.values(streamsMax).reduce((sum, { ofAll }) => sum + ofAll, 0);
    expect(all).toBeLessThanOrEqual(800);
  });
});
