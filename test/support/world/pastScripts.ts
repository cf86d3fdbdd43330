/**
 * Scripts that once broke a property of the reducers, shrunk, newest last: every property on scripts
 * goes through them before it makes up its own. What each broke stands above it.
 */
import type { Action } from './script.ts';

const put = (app: string, command: string, extra = ''): Action => ({
  type: 'Put',
  app,
  command,
  extra,
});

const scripts: readonly (readonly Action[])[] = [
  // A change taken back while its stop was on the way: the stop was taken for an operator's.
  [
    put('d', '/bin/ok 0'),
    { type: 'Start', app: 'a' },
    put('d', '/bin/ok 0', 'autostart=false\n'),
    put('d', '/bin/ok 0'),
  ],
  [
    put('b', '/bin/ok 0'),
    { type: 'Start', app: 'a' },
    put('b', '/bin/ok 0', 'numprocs=2\nprocess_name=%(program_name)s_%(process_num)d\n'),
    put('b', '/bin/ok 0'),
  ],
  // A refused file of an app whose keys are half gone stayed, and stopped all updates of the host.
  [
    put('b', '/bin/poison 0'),
    { type: 'Down' },
    put('a', '/bin/ok 0'),
    { type: 'PutRaw', app: 'b', leaves: { ips: '10.0.0.1' } },
  ],
  // An app that went and came back before anybody looked was taken for stopped by an operator.
  [
    put('a', '/bin/ok 0'),
    { type: 'Pass', ms: 1_500 },
    { type: 'LoseAddress' },
    { type: 'Confirm' },
    { type: 'Die', after: 1 },
  ],
  // A refused file of ours that showed only once a foreign one was mended was never replaced.
  [{ type: 'ForeignBreaks' }, put('d', '/bin/poison 0'), put('d', '/bin/ok 0')],
];

/** As fast-check's `examples` of a property that takes a script. */
export const pastScripts: [Action[]][] = scripts.map((script) => [[...script]]);
