/**
 * The whole journal of each host: what the agents remove of it when it grows too long is kept here.
 * Only looks on, so that a run is the same with and without it.
 */
import { basename, dirname } from 'node:path';
import { journalDir } from '../world/hostSettings.ts';
import type { World, WorldHost } from '../world/world.ts';

/** Host, file name, bytes. */
export type Journals = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

/** Before the world is started; what it gives reads everything once the world has come to rest. */
export function keepJournals({ hosts }: World): () => Journals {
  const readers = hosts.map((host) => [host.id, keepJournal(host)] as const);
  return () => new Map(readers.map(([id, read]) => [id, read()]));
}

function keepJournal(host: WorldHost): () => ReadonlyMap<string, Uint8Array> {
  const { disk, watch } = host;
  const removed = new Map<string, Uint8Array>();
  const { onFileCall } = watch;
  const listening: Pick<typeof watch, 'onFileCall'> = {
    onFileCall: (call) => {
      if (call.type === 'unlink' && dirname(call.path) === journalDir && isSegment(call.path)) {
        removed.set(basename(call.path), disk.readFile(call.path));
      }
      onFileCall(call);
    },
  };
  Object.assign(watch, listening);
  return () => {
    const names = disk.readdir(journalDir).filter(isSegment);
    const present = names.map((name) => [name, disk.readFile(`${journalDir}/${name}`)] as const);
    const first = Math.min(...names.map(numberOf));
    // What was removed from the other end was no part of the journal: a segment begun too soon.
    const pruned = [...removed].filter(([name]) => numberOf(name) < first);
    const all = [...pruned, ...present].sort(([a], [b]) => numberOf(a) - numberOf(b));
    return new Map(all);
  };
}

function isSegment(path: string): boolean {
  return /^\d+\.jsonl$/.test(basename(path));
}

function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}
