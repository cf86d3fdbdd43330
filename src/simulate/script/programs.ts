/**
 * Contents that a simulation publishes, and what is known of each beforehand: so that the end can
 * be judged without asking the code that is being tested.
 */
import type { Rng } from '../kernel/rng.ts';

/** What becomes of it on a host where nothing else is wrong. */
export type Fate =
  /** Runs until it is stopped. */
  | 'Runs'
  /** Ends by itself, as expected. */
  | 'Ends'
  /** Never stays up: it is rolled back, or left as failed where there is nothing to go back to. */
  | 'Fails'
  /** The content itself is refused, by every host. */
  | 'Refused'
  /** The host refuses it: before it is written, or supervisord when it rereads. */
  | 'RefusedHere';

const behave = '/usr/local/bin/behave';

/** Marks each content so that its fate can be read off it. */
const fatePattern = /fate=(\w+)/;

export function fateOf(content: string): Fate {
  const fate = fatePattern.exec(content)?.[1];
  return fate === undefined ? 'Refused' : (fate as Fate);
}

/** A program that can run. `version` makes contents differ. */
export function drawGoodProgram(rng: Rng, version: number): string {
  const lines = [`command=${behave} run=forever${drawStop(rng)} fate=Runs v=${String(version)}`];
  if (rng.chance(0.5)) lines.push('startsecs=0');
  if (rng.chance(0.2)) lines.push('numprocs=2', 'process_name=%(program_name)s_%(process_num)d');
  if (rng.chance(0.2)) lines.push(`environment=SECRET="${canary}"`);
  if (rng.chance(0.1)) lines.push('autorestart=true');
  if (rng.chance(0.1)) lines.push(`priority=${String(rng.below(900))}`);
  return `${lines.join('\n')}\n`;
}

/** Must never be seen in a log line or a metric. */
export const canary = 'c4n4ry-5ecret';

function drawStop(rng: Rng): string {
  if (rng.chance(0.9)) return '';
  return ` stop=${String(rng.pick([200, 1_500, 4_000]))}`;
}

/** One that makes trouble on a host; `version` makes contents differ. */
export function drawBadProgram(rng: Rng, version: number): string {
  const mark = (fate: Fate): string => `fate=${fate} v=${String(version)}`;
  return rng.pick([
    `command=${behave} run=300 exit=1 ${mark('Fails')}\nstartsecs=1\nstartretries=2\n`,
    `command=${behave} run=300 exit=1 ${mark('Fails')}\nstartsecs=0\nautorestart=true\n`,
    `command=/nowhere/to-be-found ${mark('Fails')}\n`,
    `command=${behave} run=2000 exit=0 ${mark('Ends')}\nautorestart=false\n`,
    `command=${behave} run=2000 exit=0 ${mark('Ends')}\nautorestart=unexpected\nexitcodes=0\n`,
    `command=${behave} run=forever stop=ignore ${mark('Runs')}\nstopwaitsecs=3\n`,
    `command=${behave} run=forever ${mark('RefusedHere')}\nuser=nobody-at-all\n`,
  ]);
}

/** What the content grammar refuses: each harms only its own app. */
export function drawBadContent(rng: Rng): string {
  return rng.pick([
    'hello',
    'command=/bin/true\n[program:evil]\ncommand=/bin/evil\n',
    'command=/bin/true\r[supervisord]\r',
    'comand=/bin/true\n',
    'command=/bin/date +%Y\n',
    'command=/bin/true\nnumprocs=ten\n',
    'command=/bin/true\n\u0000',
    '!!!',
    '',
  ]);
}
