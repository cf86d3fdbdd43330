/** What gets into a template: nothing that was not checked, in no order but its own, and never nobody for no reason. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import { decodeReport } from '../../../src/domain/fleet/reportCodec.ts';
import { parsePlacement } from '../../../src/domain/placement.ts';
import {
  type HostFact,
  makeTemplateData,
  type PlacedApp,
  type TemplateFacts,
} from '../../../src/domain/template/makeTemplateData.ts';
import { rev } from '../../support/etcdValues.ts';
import { fcParams } from '../../support/seed.ts';

const hostIds = ['web1', 'web2', 'web3'] as const;
const addresses = ['10.0.0.1', '10.0.0.2', 'fd00::1'] as const;
const states = ['RUNNING', 'STOPPED', 'FATAL', 'STARTING', 'EXITED'] as const;

const evil = fc.constantFrom(
  '10.0.0.1; include /etc/passwd',
  '10.0.0.1\nserver evil',
  '{{ 1 }}',
  '}\n',
  '../x',
  'a b',
  '$(reboot)',
  '__proto__',
  '10.0.0.999',
  '010.0.0.1',
  'fe80::1%eth0',
  '\u202e1.2.3.4',
);
const text = fc.oneof(evil, fc.string(), fc.constantFrom<string>(...addresses, ...hostIds, 'demo'));
const anything = fc.oneof(text, fc.anything({ withBigInt: false }));

/** Something like a report, every part of it perhaps something else. */
const hostileReport = fc.record({
  format: anything,
  host: text,
  instance: anything,
  addresses: fc.oneof(fc.array(anything), anything),
  hostNames: fc.oneof(fc.array(anything), anything),
  apps: fc.oneof(
    fc.array(
      fc.record({
        app: fc.oneof(fc.constant('demo'), text),
        condition: anything,
        sinceMs: fc.oneof(fc.double(), anything),
        wantedRevision: anything,
        appliedRevision: anything,
        processes: fc.oneof(
          fc.array(fc.record({ id: text, state: fc.oneof(fc.constantFrom(...states), anything) })),
          anything,
        ),
      }),
    ),
    anything,
  ),
});

function word(report: unknown): HostFact['live'] {
  return decodeReport(Buffer.from(JSON.stringify(report) ?? ''), new Map());
}

function app(name: string, ips: string): PlacedApp {
  return { app: name, placement: parsePlacement(ips), revision: rev(7) };
}

const own = { hostId: 'proxy', hostNames: [], addresses: ['10.0.0.9'] };

const hostileFacts = fc.record({
  own: fc.constant(own),
  apps: fc
    .uniqueArray(fc.tuple(fc.oneof(fc.constant('demo'), text), text), {
      selector: ([name]) => name,
    })
    .map((all) => all.map(([name, ips]) => app(name, ips))),
  hosts: fc
    .uniqueArray(fc.tuple(text, hostileReport, fc.boolean()), {
      selector: ([host]) => host,
    })
    .map((all) =>
      all.map(([host, report, isLive]): HostFact => {
        const said = word(report);
        return { host, live: isLive ? said : undefined, known: said };
      }),
    ),
  drains: fc.array(fc.record({ app: text, host: text })),
});

/** Every text in there. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

const plain = /^!?(?:\*|[A-Za-z0-9_][A-Za-z0-9_.:/[\]-]*|::[0-9a-f.:/]*|\[[0-9a-f:.]+\])$/;

function shuffled<T>(items: Iterable<T>, salt: number): readonly T[] {
  const key = (index: number): string =>
    createHash('sha256')
      .update(`${String(salt)} ${String(index)}`)
      .digest('hex');
  return [...items]
    .map((item, index) => ({ item, key: key(index) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ item }) => item);
}

describe('makeTemplateData: safety', () => {
  it('puts nothing into a text that could be more than a name, an address or a number', () => {
    fc.assert(
      fc.property(hostileFacts, (facts) => {
        for (const found of textsIn(makeTemplateData(facts))) expect(found).toMatch(plain);
      }),
      fcParams(500),
    );
  });

  it('is the same whatever the order of what it is made from', () => {
    fc.assert(
      fc.property(hostileFacts, fc.integer(), (facts, salt) => {
        const again = {
          ...facts,
          apps: shuffled(facts.apps, salt),
          hosts: shuffled(facts.hosts, salt),
          drains: shuffled(facts.drains, salt),
        };
        const [one, other] = [makeTemplateData(again), makeTemplateData(facts)];
        expect({ ...one, appNamed: 0 }).toEqual({ ...other, appNamed: 0 });
        for (const { app } of facts.apps) {
          const inList = one.apps.find(({ name }) => name === app);
          expect(other.appNamed(app)).toEqual(inList);
        }
      }),
      fcParams(200),
    );
  });
});

interface Situation {
  readonly address: string;
  readonly isPlaced: boolean;
  readonly isLost: boolean;
  readonly isBlind: boolean;
  readonly isDraining: boolean;
  readonly states: readonly string[] | undefined;
}

const situation = (index: number): fc.Arbitrary<Situation> =>
  fc.record({
    address: fc.constant(addresses[index] ?? ''),
    isPlaced: mostly(true, fc.constant(false)),
    isLost: mostly(false, fc.constant(true)),
    isBlind: mostly(false, fc.constant(true)),
    isDraining: mostly(false, fc.constant(true)),
    states: mostly<readonly string[] | undefined>(
      ['RUNNING'],
      fc.option(fc.array(fc.constantFrom(...states), { maxLength: 3 }), { nil: undefined }),
    ),
  });

/** Two hosts that run it are few enough among any. */
function mostly<T>(value: T, otherwise: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: fc.constant(value), weight: 2 }, otherwise);
}

function factsOf(situations: readonly Situation[]): TemplateFacts {
  const ips = situations.filter(({ isPlaced }) => isPlaced).map(({ address }) => address);
  return {
    own,
    apps: [app('demo', ips.join(','))],
    hosts: situations.map((one, index) => {
      const processes = one.states?.map((state, n) => ({ id: `demo:${String(n)}`, state }));
      const apps = processes && [{ app: 'demo', condition: 'converged', sinceMs: 1, processes }];
      const host = hostIds[index] ?? '';
      const problems = one.isBlind ? ['SupervisorUnreachable: gone'] : [];
      const addressed = { addresses: [one.address], hostNames: [], problems };
      const said = word({ format: 1, host, ...addressed, apps });
      return { host, live: one.isLost ? undefined : said, known: said };
    }),
    drains: situations.flatMap(({ isDraining }, index) =>
      isDraining ? [{ app: 'demo', host: hostIds[index] ?? '' }] : [],
    ),
  };
}

const allSituations = fc.tuple(situation(0), situation(1), situation(2));

function doesRun({ isPlaced, states: all }: Situation): boolean {
  const isUp = all !== undefined && all.length > 0 && all.every((state) => state === 'RUNNING');
  return isPlaced && isUp;
}

describe('makeTemplateData: who is to get traffic', () => {
  it('is whoever is placed and runs all of it; not who drains, unless all do, nor who is lost or blind, unless more are', () => {
    fc.assert(
      fc.property(allSituations, (situations) => {
        const all = situations.filter(doesRun);
        const staying = all.filter(({ isDraining }) => !isDraining);
        const well = staying.length === 0 ? all : staying;
        const running = well.filter(({ isLost, isBlind }) => !isLost && !isBlind);
        const expected = running.length < well.length - running.length ? well : running;
        const [demo] = makeTemplateData(factsOf(situations)).apps;
        expect(demo?.available.map(({ address }) => address)).toEqual(
          expected.map(({ address }) => address),
        );
      }),
      fcParams(500),
    );
  });
});
