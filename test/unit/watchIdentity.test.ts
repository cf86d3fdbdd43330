import { type NetworkInterfaceInfo } from 'node:os';
import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { watchIdentity } from '../../streams/watchIdentity.ts';
import { type Identity } from '../../src/domain/types.ts';

const address = (text: string, internal = false): NetworkInterfaceInfo =>
  ({
    address: text,
    internal,
    family: text.includes(':') ? 'IPv6' : 'IPv4',
  }) as NetworkInterfaceInfo;

/** The identities seen over so many seconds; `interfaces` is asked at each second read. */
function observe(
  seconds: number,
  interfaces: (atMs: number) => readonly NetworkInterfaceInfo[],
  configured?: readonly string[],
): readonly Identity[] {
  const scheduler = new VirtualTimeScheduler(undefined, seconds * 1000);
  const seen: Identity[] = [];
  watchIdentity(
    {
      scheduler,
      networkInterfaces: () => ({ eth0: [...interfaces(scheduler.now())] }),
      hostname: () => 'Web1.Example.org',
    },
    { hostId: 'Rack-7', addresses: configured },
  ).subscribe({
    next: (event) => seen.push(event.identity),
    error: (error: unknown) => {
      throw error;
    },
  });
  scheduler.flush();
  return seen;
}

describe('watchIdentity', () => {
  it('tells all addresses but loopback, in canonical text, with every name', () => {
    const seen = observe(1, () => [
      address('10.0.0.9'),
      address('127.0.0.1', true),
      address('FD00:0:0::1'),
      address('fe80::1%eth0'),
    ]);
    expect(seen).toEqual([
      {
        hostId: 'Rack-7',
        hostNames: ['rack-7', 'web1', 'web1.example.org'],
        addresses: ['10.0.0.9', 'fd00::1', 'fe80::1'],
      },
    ]);
  });

  it('tells only changes', () => {
    const seen = observe(60, (atMs) => (atMs < 20_000 ? [address('10.0.0.1')] : []));
    expect(seen.map(({ addresses }) => addresses)).toEqual([['10.0.0.1'], []]);
  });

  it('keeps configured addresses whatever the interfaces say', () => {
    const seen = observe(1, () => [address('10.0.0.1')], ['172.16.238.11', '10.0.0.1']);
    expect(seen[0]?.addresses).toEqual(['10.0.0.1', '172.16.238.11']);
  });

  it('says nothing when the addresses cannot be read', () => {
    const seen = observe(30, (atMs) => {
      if (atMs === 5_000) throw new Error('EMFILE');
      return [address('10.0.0.1')];
    });
    expect(seen).toHaveLength(1);
  });
});
