/** The thread that makes one copy of segments of the journal, without their secrets, and ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type CopyWord, type CopyWork, copySegments } from './copySegments.ts';

const patienceMs = 20;

const word: CopyWord = await copySegments(workerData as CopyWork, () => sleep(patienceMs));
parentPort?.postMessage(word, word.type === 'Copied' ? [word.bytes.buffer as ArrayBuffer] : []);
