/**
 * Proof that the fences stand: one fault of each kind is planted in a copy of the tree, and the
 * compiler, the import graph or the linter must name it. Innocent files must pass.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantTree, type PlantedTree } from '../support/plantedTree.ts';

interface Fault {
  readonly does: string;
  readonly file: string;
  readonly text: string;
  readonly caughtBy: readonly string[];
}

const sibling = ['no-restricted-imports', 'reducers-are-pure'];

const reducerFaults: readonly Fault[] = [
  {
    does: 'a reducer imports node:fs',
    file: 'reducers/readsDisk.ts',
    text: "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n",
    caughtBy: ['no-restricted-imports', 'reducers-are-pure', 'TS2307'],
  },
  {
    does: 'a reducer imports a module when it runs',
    file: 'reducers/importsLate.ts',
    text: "export const x = () => import('node:fs');\n",
    caughtBy: ['reducers-are-pure', 'TS2307'],
  },
  {
    does: 'a reducer imports rxjs',
    file: 'reducers/streams.ts',
    text: "import { of } from 'rxjs';\nexport const x$ = of(1);\n",
    caughtBy: sibling,
  },
  {
    does: 'a reducer imports from effects',
    file: 'reducers/acts.ts',
    text: "import { act } from '../effects/act.ts';\nexport const x = act;\n",
    caughtBy: sibling,
  },
  {
    does: 'a reducer imports only a type from streams',
    file: 'reducers/knowsStreams.ts',
    text: "import { type Tick } from '../streams/tick.ts';\nexport type X = Tick;\n",
    caughtBy: sibling,
  },
  {
    does: 'a reducer reads the clock',
    file: 'reducers/readsClock.ts',
    text: 'export const x = () => Date.now();\n',
    caughtBy: ['no-restricted-globals'],
  },
  {
    does: 'a reducer makes a date',
    file: 'reducers/makesDate.ts',
    text: 'export const x = () => new Date();\n',
    caughtBy: ['no-restricted-globals'],
  },
  {
    does: 'a reducer goes round the ban through globalThis',
    file: 'reducers/goesRound.ts',
    text: 'export const x = () => globalThis.Date.now();\n',
    caughtBy: ['no-restricted-globals'],
  },
  {
    does: 'a reducer rolls dice',
    file: 'reducers/rollsDice.ts',
    text: 'export const x = () => Math.random();\n',
    caughtBy: ['no-restricted-properties'],
  },
  {
    does: 'a reducer takes the dice out of Math first',
    file: 'reducers/takesDice.ts',
    text: 'const { random } = Math;\nexport const x = () => random();\n',
    caughtBy: ['no-restricted-properties'],
  },
  {
    does: 'a reducer throws',
    file: 'reducers/throws.ts',
    text: "export const x = () => {\n  throw new Error('no');\n};\n",
    caughtBy: ['no-restricted-syntax'],
  },
  {
    does: 'a reducer sets a timer',
    file: 'reducers/waits.ts',
    text: 'export const x = () => setTimeout(() => undefined, 1);\n',
    caughtBy: ['no-restricted-globals', 'TS2304'],
  },
  {
    does: 'a reducer reads the environment',
    file: 'reducers/readsEnvironment.ts',
    text: "export const x = () => process.env['HOME'];\n",
    caughtBy: ['no-restricted-globals', 'TS2591'],
  },
  {
    does: 'a reducer formats as the host does',
    file: 'reducers/formats.ts',
    text: 'export const x = new Intl.NumberFormat();\n',
    caughtBy: ['no-restricted-globals'],
  },
  {
    does: 'a reducer reaches through Reflect',
    file: 'reducers/reflects.ts',
    text: "export const x = Reflect.get(Math, 'random') as unknown;\n",
    caughtBy: ['no-restricted-globals'],
  },
  ...['localeCompare', 'toLocaleString', 'toLocaleLowerCase', 'toLocaleUpperCase'].map(
    (member): Fault => ({
      does: `a reducer asks the host's language: ${member}`,
      file: `reducers/${member}.ts`,
      text: `export const x = (text: string) => text.${member}('en');\n`,
      caughtBy: ['no-restricted-properties'],
    }),
  ),
  {
    does: 'a reducer remembers something beside the state',
    file: 'reducers/remembers.ts',
    text: 'let count = 0;\nexport const x = () => ++count;\n',
    caughtBy: ['no-restricted-syntax'],
  },
  {
    does: 'a reducer exports something that changes',
    file: 'reducers/changes.ts',
    text: 'export let count = 0;\nexport const x = () => ++count;\n',
    caughtBy: ['no-restricted-syntax'],
  },
];

const domainFaults: readonly Fault[] = [
  {
    does: 'the domain imports a package',
    file: 'src/domain/plantedImport.ts',
    text: "import { produce } from 'immer';\nexport const x = produce;\n",
    caughtBy: ['domain-imports-nothing', 'no-restricted-imports'],
  },
  {
    does: 'the domain imports from reducers',
    file: 'src/domain/content/plantedReach.ts',
    text: "import { type Decision } from '../../../reducers/decide.ts';\nexport type X = Decision;\n",
    caughtBy: ['domain-imports-nothing', 'no-restricted-imports'],
  },
  {
    does: 'a reducer imports from src outside the domain',
    file: 'reducers/reachesUp.ts',
    text: "import { top } from '../src/top.ts';\nexport const x = top;\n",
    caughtBy: ['reducers-are-pure', 'no-restricted-imports'],
  },
  {
    does: 'the domain throws',
    file: 'src/domain/plantedThrow.ts',
    text: "export const x = () => {\n  throw new Error('no');\n};\n",
    caughtBy: ['no-restricted-syntax'],
  },
  {
    does: 'the domain sorts as the host does',
    file: 'src/domain/plantedLocale.ts',
    text: 'export const x = (a: string, b: string) => a.localeCompare(b);\n',
    caughtBy: ['no-restricted-properties'],
  },
  {
    does: 'the domain remembers something',
    file: 'src/domain/plantedState.ts',
    text: 'let count = 0;\nexport const x = () => ++count;\n',
    caughtBy: ['no-restricted-syntax'],
  },
];

const edgeFaults: readonly Fault[] = [
  {
    does: 'a stream waits on the real clock',
    file: 'streams/waits.ts',
    text: "import { timer } from 'rxjs';\nexport const x$ = timer(1000);\n",
    caughtBy: ['no-restricted-syntax'],
  },
  {
    does: 'a stream repeats on the real clock',
    file: 'streams/repeats.ts',
    text: "import { timer } from 'rxjs';\nexport const x$ = timer(0, 1000);\n",
    caughtBy: ['no-restricted-syntax'],
  },
  {
    does: 'a stream reads the clock',
    file: 'streams/readsClock.ts',
    text: 'export const x = () => Date.now();\n',
    caughtBy: ['no-restricted-globals'],
  },
  {
    does: 'an effect sets a timer of its own',
    file: 'effects/waits.ts',
    text: 'export const x = () => setTimeout(() => undefined, 1);\n',
    caughtBy: ['no-restricted-globals'],
  },
  {
    does: 'an effect rolls dice',
    file: 'effects/rollsDice.ts',
    text: 'export const x = () => Math.random();\n',
    caughtBy: ['no-restricted-properties'],
  },
  {
    does: 'an effect debounces on the real clock',
    file: 'effects/debounces.ts',
    text: "import { debounceTime, NEVER } from 'rxjs';\nexport const x$ = NEVER.pipe(debounceTime(50));\n",
    caughtBy: ['no-restricted-syntax'],
  },
  {
    does: 'a stream imports from effects',
    file: 'streams/acts.ts',
    text: "import { act } from '../effects/act.ts';\nexport const x = act;\n",
    caughtBy: ['streams-and-effects-know-only-domain'],
  },
  {
    does: 'an effect imports a type from reducers',
    file: 'effects/decides.ts',
    text: "import { type Decision } from '../reducers/decide.ts';\nexport type X = Decision;\n",
    caughtBy: ['streams-and-effects-know-only-domain'],
  },
  {
    does: 'an effect imports from src outside the domain',
    file: 'effects/reachesUp.ts',
    text: "import { top } from '../src/top.ts';\nexport const x = top;\n",
    caughtBy: ['streams-and-effects-know-only-domain'],
  },
  {
    does: 'production code imports from test',
    file: 'src/usesTest.ts',
    text: "import { aid } from '../test/aid.ts';\nexport const x = aid;\n",
    caughtBy: ['production-never-imports-test'],
  },
  {
    does: 'two files import each other',
    file: 'src/gnir.ts',
    text: "import { a } from './ring.ts';\nexport const b = (): unknown => a;\n",
    caughtBy: ['no-cycles'],
  },
  {
    does: 'nobody uses a file',
    file: 'src/dead.ts',
    text: 'export const x = 1;\n',
    caughtBy: ['no-dead-files'],
  },
];

/** What the faults above import, and files that do nothing wrong. */
const innocent: readonly (readonly [string, string])[] = [
  ['src/ring.ts', "import { b } from './gnir.ts';\nexport const a = (): unknown => b;\n"],
  ['src/top.ts', 'export const top = 1;\n'],
  ['test/aid.ts', 'export const aid = 1;\n'],
  ['effects/act.ts', "export const act = () => 'acted';\n"],
  [
    'streams/tick.ts',
    "import { of } from 'rxjs';\nexport type Tick = 1;\nexport const t$ = of(1);\n",
  ],
  ['reducers/decide.ts', 'export type Decision = 1;\n'],
  [
    'reducers/pure.ts',
    "import { produce } from 'immer';\nimport { type AppName } from '../src/domain/types.ts';\n" +
      'export const x = (apps: readonly AppName[]) => produce(apps, (draft) => draft.reverse());\n',
  ],
  [
    'streams/patient.ts',
    "import { timer, type SchedulerLike } from 'rxjs';\n" +
      'export function beat(scheduler: SchedulerLike) {\n  return timer(0, 1000, scheduler);\n}\n',
  ],
];

const faults = [...reducerFaults, ...domainFaults, ...edgeFaults];

describe('the fences', () => {
  let tree: PlantedTree;
  const of = (file: string) =>
    tree.complaints.filter((one) => one.startsWith(`${file}: `)).map((one) => one.split(': ')[1]);

  beforeAll(async () => {
    tree = await plantTree(
      new Map([...innocent, ...faults.map(({ file, text }) => [file, text] as const)]),
    );
  }, 120_000);
  afterAll(() => tree.remove());

  it.each(faults)('stop a change in which $does', ({ file, caughtBy }) => {
    expect(of(file)).toEqual(expect.arrayContaining([...caughtBy]));
  });

  it('let innocent files pass', () => {
    const complaints = innocent.flatMap(([file]) =>
      of(file).map((rule) => `${file}: ${rule ?? ''}`),
    );
    expect(complaints).toEqual([]);
  });
});
