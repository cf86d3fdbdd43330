/**
 * `simulateBug.ts BUG [OPTION…]`: `supervene simulate` with a bug planted in its world. `lyingDisk`
 * forgets to sync; `crash` throws in the agent of web1 at an operator's restart; `none` does nothing.
 */
import process from 'node:process';
import { createProcessIo } from '../../../src/commands/processIo.ts';
import { createProgram, type Invocation } from '../../../src/commands/createProgram.ts';
import { simulateWithin } from '../../../src/commands/simulate.ts';
import { failLoudly } from '../../../src/fault.ts';
import { readSettings } from '../../../src/settings/readSettings.ts';
import type { World } from '../../../src/simulate/world/world.ts';

const bugs: Readonly<Record<string, (world: World) => void>> = {
  none: () => undefined,
  lyingDisk: ({ hosts }) => {
    for (const { disk } of hosts) {
      Object.assign(disk, { sync: () => undefined, datasync: () => undefined });
    }
  },
  crash: ({ hosts: [host] }) => {
    if (host === undefined) return;
    const { cutPower } = host;
    host.addresses = [...host.addresses];
    Object.assign(host, {
      cutPower: (atCall: number, downMs: number) => {
        cutPower(atCall, downMs);
        failLoudly(new Error('planted: nobody catches this'));
      },
    });
  },
};

const [bug = '', ...argv] = process.argv.slice(2);
const prepare = bugs[bug];
if (prepare === undefined) throw new Error(`no bug ${bug}`);

let invocation: Invocation | undefined;
const io = createProcessIo();
createProgram('1.2.3', {
  ...{ writeOut: io.writeOut, writeError: io.writeError },
  invoked: (given) => {
    invocation = given;
  },
}).parse(['simulate', ...argv], { from: 'user' });
const given = invocation?.options ?? new Map<string, string | true>();
const settings = readSettings({
  ...{ flags: new Map(), env: {}, readText: () => ({ ok: true, value: undefined }) },
  ...{ workingDir: '/', hostName: 'web1', isTerminal: false },
});
if (!settings.ok) throw new Error('no settings');
process.exitCode = await simulateWithin(
  { triesMax: 400, timeMaxMs: 30_000, prepare },
  {
    ...{ io, version: '1.2.3', args: [], settings: settings.value },
    options: {
      has: (name) => given.has(name),
      text: (name) => {
        const value = given.get(name);
        return value === true ? undefined : value;
      },
    },
  },
);
