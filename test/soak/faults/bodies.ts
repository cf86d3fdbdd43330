/** What a soak publishes: contents with a number in them, and what is known of each beforehand. */
import type { Rng } from '../../../src/simulate/kernel/rng.ts';

/** What becomes of it on a host where nothing else is wrong. */
export type Fate =
  /** Runs until it is stopped. */
  | 'Runs'
  /** Is refused, by what it says or by what the host says to it: what ran before runs on. */
  | 'Refused'
  /** Does not stay up: what ran before comes back. */
  | 'Fails';

export interface Body {
  /** No two bodies have the same. */
  readonly n: number;
  readonly fate: Fate;
  /** The value of the key; for `Refused` it may be anything. */
  readonly value: string | Uint8Array;
}

const mark = (n: number): string => `environment=SOAK="${String(n)}"\n`;

/** By which a process, or a file, is known. */
export const markIn = (text: string): number | undefined => {
  const found = /SOAK="?(\d+)/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

export function goodBody(rng: Rng, n: number): Body {
  const text = rng.pick([
    `command=/bin/sleep 100000\nstartsecs=0\n`,
    `command=/bin/sleep 100000\nstartsecs=0\n`,
    `command=/bin/sleep 100000\nstartsecs=1\n`,
    `command=/bin/sleep 100000\nstartsecs=0\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)d\n`,
    // Takes its time to stop, and does not leave a sleep behind.
    `command=/bin/sh -c 'trap "sleep 1; exit 0" TERM; while :; do sleep 0.5; done'\nstopwaitsecs=5\n`,
    `command=/bin/sleep 100000\nautorestart=true\nstartsecs=0\n`,
  ]);
  return { n, fate: 'Runs', value: encode(text + mark(n)) };
}

export function badBody(rng: Rng, n: number): Body {
  const refused = (text: string): Body => ({ n, fate: 'Refused', value: encode(text + mark(n)) });
  const fails = (text: string): Body => ({ n, fate: 'Fails', value: encode(text + mark(n)) });
  return rng.pick<() => Body>([
    () => refused('hello\n'),
    () => refused('command=/bin/true\n[program:evil]\ncommand=/bin/evil\n'),
    () => refused('command=/bin/true\n[supervisord]\nenvironment=EVIL="1"\n'),
    () => refused('command=/bin/true\r[program:evil]\rcommand=/bin/evil\n'),
    () => refused('command=/bin/date +%Y\n'),
    () => refused('command=/bin/true\nnumprocs=ten\n'),
    () => refused('command=/bin/true\nnumprocs=2\n'),
    () => refused('command=/bin/true\u0000\n'),
    () => refused('user=root\n'),
    () => refused(`command=/bin/true\n${'x'.repeat(70_000)}=1\n`),
    () => refused('command=/bin/true\nuser=nobody-at-all\n'),
    () => refused('command=/bin/true\nstdout_logfile=/no/such/directory/log\n'),
    () => refused('command=/bin/true %(ENV_NOT_SET_HERE)s\n'),
    () => ({ n, fate: 'Refused', value: '!!!' }),
    () => ({ n, fate: 'Refused', value: new Uint8Array([0xff, 0xfe, 0x00, n % 256]) }),
    () => ({ n, fate: 'Refused', value: '' }),
    () => fails('command=/nowhere/to-be-found\nstartretries=1\n'),
    () => fails(`command=/bin/sh -c 'exit 3'\nstartretries=0\n`),
    () => fails(`command=/bin/sh -c 'exit 3'\nstartsecs=0\nautorestart=true\n`),
  ])();
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
