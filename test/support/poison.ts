/**
 * Proof that code reads neither clock nor chance: while `fn` runs, every source of them throws.
 * What was there before is always put back.
 */
import process from 'node:process';

interface Source {
  readonly owner: object;
  readonly key: string;
  readonly name: string;
}

const sources: readonly Source[] = [
  { owner: globalThis, key: 'Date', name: 'Date' },
  { owner: Date, key: 'now', name: 'Date.now' },
  { owner: Math, key: 'random', name: 'Math.random' },
  { owner: performance, key: 'now', name: 'performance.now' },
  { owner: crypto, key: 'randomUUID', name: 'crypto.randomUUID' },
  { owner: crypto, key: 'getRandomValues', name: 'crypto.getRandomValues' },
  { owner: process, key: 'hrtime', name: 'process.hrtime' },
];

/** `fn` must be synchronous: what it leaves for later would run unpoisoned. */
export function withPoisonedClock<T>(fn: () => T): T {
  const undo: (() => void)[] = [];
  try {
    for (const source of sources) undo.push(poison(source));
    const result = fn();
    if (result instanceof Promise)
      throw new Error('withPoisonedClock needs a synchronous function');
    return result;
  } finally {
    for (const restore of undo.reverse()) restore();
  }
}

function poison({ owner, key, name }: Source): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, key);
  const original: unknown = Reflect.get(owner, key);
  if (typeof original !== 'function') throw new Error(`${name} is not a function`);
  const refuse = (): never => {
    throw new Error(`${name} was used: time and chance come in with the event`);
  };
  // `new Date()`, `Date()`, `Date.now()` and `hrtime.bigint()` throw; `x instanceof Date` may be asked.
  const isHarmless = (property: string | symbol) =>
    property === 'prototype' || typeof property === 'symbol';
  const value: unknown = new Proxy(original, {
    apply: refuse,
    construct: refuse,
    get: (target, property): unknown =>
      isHarmless(property) ? Reflect.get(target, property) : refuse(),
  });
  Object.defineProperty(owner, key, { value, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(owner, key);
    else Object.defineProperty(owner, key, before);
  };
}
