/** Started by a test, as a process of its own: a host with a program, for as long as this process is. */
import process from 'node:process';
import { startNetwork } from './namespaces.ts';

const network = await startNetwork();
const host = await network.startHost('web1-01', '172.16.238.11');
const program = await host.spawn(['sleep', '1000']);
process.stdout.write(`${String(program.pid)}\n`);
