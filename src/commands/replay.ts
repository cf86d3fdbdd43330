/** `supervene replay JOURNAL…`: a recorded journal, seen in one of several ways. */
import { replayDiff } from '../replay/commands/replayDiff.ts';
import { replayExplain } from '../replay/commands/replayExplain.ts';
import { replayPlans } from '../replay/commands/replayPlans.ts';
import { replayRedact } from '../replay/commands/replayRedact.ts';
import { replayState } from '../replay/commands/replayState.ts';
import { replayTimeline } from '../replay/commands/replayTimeline.ts';
import { replayVerify } from '../replay/commands/replayVerify.ts';
import { openReplay } from '../replay/openReplay.ts';
import type { ReplayInput, ReplayView } from '../replay/replayInput.ts';
import type { CommandOptions, CommandRun } from './command.ts';
import { fail, misuse } from './commandIo.ts';

const views: ReadonlyMap<string, ReplayView> = new Map([
  ['explain', replayExplain],
  ['state', replayState],
  ['plans', replayPlans],
  ['diff', replayDiff],
  ['verify', replayVerify],
  ['redact', replayRedact],
]);

/** Which options a view listens to; the others with it are a mistake. */
const listens: ReadonlyMap<string, readonly string[]> = new Map([
  ['timeline', ['app', 'since', 'until', 'at', 'all']],
  ['explain', ['until', 'at']],
  ['state', ['app', 'until', 'at']],
  ['plans', ['app', 'since', 'until', 'at']],
  ['diff', ['app']],
  ['verify', []],
  ['redact', []],
]);

export const runReplay: CommandRun = async ({ io, args, options, version }) => {
  const chosen = [...views.keys()].filter((name) => options.has(name));
  const [view = 'timeline'] = chosen;
  const problem = problemWith(chosen, view, options);
  if (problem !== undefined) return misuse(io, { message: problem });
  const [from, to, ...behind] = options.text('diff')?.split('\n') ?? [];
  if (view === 'diff' && to === undefined) {
    return misuse(io, { message: '--diff needs two moments', remedy: 'as in --diff 03:00 5102' });
  }
  const paths = [...args, ...behind];
  if (paths.length === 0) {
    return misuse(io, {
      message: 'which journal?',
      remedy: "name an agent's journal.dir (by default /var/lib/supervene), segments of it, or -",
    });
  }
  const replay = await openReplay(paths, io, () => performance.now());
  const isJson = options.has('json');
  if (!replay.ok) return fail(io, isJson, { message: replay.error });
  const input: ReplayInput = {
    io,
    version,
    replay: replay.value,
    isJson,
    text: (name) => options.text(name),
    has: (name) => options.has(name),
    between: [from ?? '', to ?? ''],
  };
  return (views.get(view) ?? replayTimeline)(input);
};

function problemWith(
  chosen: readonly string[],
  view: string,
  options: CommandOptions,
): string | undefined {
  if (chosen.length > 1) {
    return `${chosen.map((name) => `--${name}`).join(' and ')} exclude each other`;
  }
  const deaf = ['app', 'since', 'until', 'at', 'all'].find(
    (name) => options.has(name) && listens.get(view)?.includes(name) !== true,
  );
  if (deaf !== undefined) return `--${deaf} means nothing with --${view}`;
  if (options.has('at') && (options.has('since') || options.has('until'))) {
    return '--at is one moment: it excludes --since and --until';
  }
  return undefined;
}
