/**
 * The agent's templates: what they are made from is followed in etcd, each file is kept by a keeper of
 * its own, and who drains apps is told how far this host is. Nothing of it comes back to the loop, nor
 * to the journal, and nothing waits for it.
 */
import { join } from 'node:path';
import { filter, type Observable, type SchedulerLike, Subject, Subscription } from 'rxjs';
import { openOwedReloads } from '../../../effects/templates/owedReloads.ts';
import { type RenderTold, startRenderTold } from '../../../effects/templates/renderTold.ts';
import { createHookRunner } from '../../../effects/templates/runHook.ts';
import { createRenderThread } from '../../../effects/templates/renderThread.ts';
import { usualLimits } from '../../../effects/templates/templateLimits.ts';
import {
  type KeeperDeps,
  type KeeperNews,
  keepTemplate,
  type Offer,
  type TemplateKeeper,
} from '../../../effects/templates/templateKeeper.ts';
import { type FleetFactsEvent, watchFleetFacts } from '../../../streams/watchFleetFacts.ts';
import type { EtcdClient } from '../../clients/etcd.ts';
import { nodeFileDeps } from '../../clients/fileSystem.ts';
import { ok } from '../../domain/result.ts';
import { makeTemplateSource } from '../../domain/template/makeTemplateData.ts';
import type { Template } from '../../domain/template/template.ts';
import type { Revision } from '../../domain/types.ts';
import { failLoudly } from '../../fault.ts';
import type { Log } from '../../log/log.ts';
import type { Loop } from '../../loop.ts';
import type { Settings } from '../../settings/settings.ts';
import { type FileOwner, lookUpOwner } from '../fileOwner.ts';
import { threadBeginner } from './beginRenderThread.ts';
import { createRenderProgress } from './renderProgress.ts';
import { createTemplateTally, type TemplateFacts, type TemplateTally } from './templateTally.ts';

export interface TemplatesDeps {
  readonly etcd: EtcdClient;
  readonly loop: Loop;
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

export interface Templates {
  readonly facts: () => TemplatesFacts;
  /** For the report of this host, as `TemplateFailed: why`. */
  readonly problems: () => readonly string[];
  /** Emits when these have changed. */
  readonly problems$: Observable<void>;
  /** Resolves when all is over, or after a second. */
  readonly stop: () => Promise<void>;
}

export interface TemplatesFacts {
  /** Why nothing is made of what etcd says; undefined while it is. */
  readonly stale: string | undefined;
  readonly templates: readonly TemplateFacts[];
}

type Known = Extract<FleetFactsEvent, { type: 'Known' }>;

/** What is offered to all keepers alike. */
interface Offered extends Offer {
  readonly known: Known;
  readonly era: number;
}

interface Kept {
  readonly keeper: TemplateKeeper;
  readonly tally: TemplateTally;
}

/** As for reports: what is written moves etcd's revision on, by which a restored one is known. */
const afterOutageMs = 10_000;

export async function startTemplates(settings: Settings, deps: TemplatesDeps): Promise<Templates> {
  const { templates } = settings;
  const problems$ = new Subject<void>();
  if (templates.length === 0) {
    const facts = { stale: undefined, templates: [] };
    return { facts: () => facts, problems: () => [], problems$, stop: () => Promise.resolve() };
  }
  const { log, scheduler } = deps;
  const progress = createProgress(settings, deps);
  const thread = createRenderThread({ scheduler, beginThread: threadBeginner() }, usualLimits);
  const kept = await keepAll(
    settings,
    { ...deps, makeText: thread.makeText },
    (index, news) => {
      if (news.type === 'Done') progress.done(index, news.offer);
      if (news.type === 'Failed') progress.failed(index);
    },
    () => problems$.next(),
  );
  let stale: string | undefined = 'etcd has not been listed yet';
  const following = followFacts(settings, deps, {
    era: progress.era,
    offer: (offered) => {
      if (stale !== undefined) log.info({}, 'templates are made of what etcd says');
      stale = undefined;
      progress.offered(offered);
      for (const { keeper } of kept) keeper.offer(offered);
    },
    goStale: (detail) => {
      if (stale === undefined) {
        log.warn(
          {},
          `what templates are made from is in doubt, their files stay as they are: ${detail}`,
        );
        progress.hold(scheduler.now() + afterOutageMs);
      }
      stale = detail;
      progress.doubt();
      for (const { keeper } of kept) keeper.offer(undefined);
    },
  });
  const factsOf = ({ keeper, tally }: Kept): TemplateFacts => ({
    ...tally.facts(),
    isReloadOwed: keeper.isReloadOwed(),
  });
  return {
    facts: () => ({ stale, templates: kept.map(factsOf) }),
    problems: () =>
      kept.flatMap(({ tally }) => {
        const { dest, fault } = tally.facts();
        return fault === undefined
          ? []
          : [`TemplateFailed: ${dest}: ${fault.detail}`.slice(0, 300)];
      }),
    problems$,
    stop: async () => {
      following.unsubscribe();
      const left = kept.map(({ keeper }) => keeper.stop());
      await Promise.all([...left, thread.close(), progress.stop()]);
    },
  };
}

async function keepAll(
  { templates, journal, configPath, files }: Settings,
  { scheduler, random, log, makeText }: TemplatesDeps & Pick<KeeperDeps, 'makeText'>,
  onNews: (index: number, news: KeeperNews) => void,
  onProblems: () => void,
): Promise<readonly Kept[]> {
  const dests = templates.map(({ dest }) => dest);
  const owed = await openOwedReloads(nodeFileDeps, join(journal.dir, 'templates.json'), dests);
  const runHook = createHookRunner(scheduler, process.env);
  const nowMs = (): number => scheduler.now();
  return templates.map((template, index): Kept => {
    const tally = createTemplateTally(template, { log, nowMs });
    const tell = (news: KeeperNews): void => {
      if (tally.note(news)) onProblems();
      onNews(index, news);
    };
    const shared = { ...nodeFileDeps, scheduler, random, makeText, owed, runHook };
    const taken = { dests: dests.slice(0, index), configPath, confDir: files.dir };
    const deps = { ...shared, taken, lookUpOwner: createOwnerLookup(), tell };
    return { keeper: keepTemplate(deps, template), tally };
  });
}

/** Asked until it is known: a name does not change its number every ten seconds. */
function createOwnerLookup() {
  let known: FileOwner | undefined;
  return async (owner: Template['owner']) => {
    if (known !== undefined) return ok(known);
    const found = await lookUpOwner(owner, 'template.owner');
    if (found.ok) known = found.value;
    return found;
  };
}

interface Hearing {
  readonly era: () => number;
  readonly offer: (offered: Offered) => void;
  readonly goStale: (detail: string) => void;
}

/** What changes together is offered together, and what goes on changing at least every `maxWait`. */
function followFacts(
  { etcd: { prefix, fleetPrefix }, reconcile: { quietMs, maxWaitMs } }: Settings,
  { etcd: { range, openWatch }, loop, scheduler, random }: TemplatesDeps,
  { era, offer, goStale }: Hearing,
): Subscription {
  const following = new Subscription();
  let known: Known | undefined;
  let sinceMs: number | undefined;
  let timer = new Subscription();

  const build = (): void => {
    const own = loop.current().state.identity.current;
    sinceMs = undefined;
    if (known === undefined || own === undefined) return;
    const data = makeTemplateSource({ ...known.facts(), own });
    offer({ data, isDoubtful: known.isBare, known, era: era() });
  };
  const plan = (): void => {
    const nowMs = scheduler.now();
    sinceMs ??= nowMs;
    timer.unsubscribe();
    timer = new Subscription();
    const dueMs = Math.min(nowMs + quietMs, sinceMs + maxWaitMs);
    timer.add(scheduler.schedule(build, Math.max(0, dueMs - nowMs)));
  };
  following.add(() => timer.unsubscribe());
  const believe$ = loop.recorded$.pipe(filter(({ event }) => event.type === 'RemovalsConfirmed'));
  const events$ = watchFleetFacts(
    { range, openWatch, scheduler, random, believe$ },
    { appsPrefix: prefix, fleetPrefix },
  );
  following.add(
    events$.subscribe({
      next: (event) => {
        if (event.type === 'Known') {
          known = event;
          plan();
          return;
        }
        known = undefined;
        timer.unsubscribe();
        goStale(event.detail);
      },
      error: failLoudly,
    }),
  );
  let identity = loop.current().state.identity.current;
  following.add(
    loop.view$.subscribe({
      next: ({ state }) => {
        if (state.identity.current === identity) return;
        identity = state.identity.current;
        if (known !== undefined) plan();
      },
      error: failLoudly,
    }),
  );
  return following;
}

/** How far all templates are together, and who is told of it. */
function createProgress(settings: Settings, deps: TemplatesDeps) {
  const { etcd, scheduler, random, log } = deps;
  const {
    fleet,
    etcd: { fleetPrefix },
    host,
  } = settings;
  const progress = createRenderProgress(settings.templates.length);
  let holdUntilMs = 0;
  let lastTrouble = '';
  let teller: RenderTold | undefined;
  const begin = (): RenderTold =>
    startRenderTold(
      {
        ...{ etcd, scheduler, random, holdUntilMs: () => holdUntilMs },
        tell: ({ type, detail }) => {
          if (type === lastTrouble) return;
          lastTrouble = type;
          log.warn(
            { reason: type },
            `who drains apps is not told how far templates are: ${detail}`,
          );
        },
      },
      { fleetPrefix, host: host.id, ttlSec: Math.ceil(fleet.ttlMs / 1_000) },
    );
  const say = (least: Revision | undefined): void => {
    if (least === undefined) return;
    teller ??= begin();
    teller.say(least);
  };
  return {
    era: progress.era,
    offered: ({ known }: Offered): void => progress.offered(known.newestDrain),
    doubt: (): void => {
      progress.doubt();
      teller?.forget();
    },
    hold: (untilMs: number): void => {
      holdUntilMs = untilMs;
    },
    done: (index: number, offer: Offer | undefined): void => {
      if (fleet.report === 'off' || !isOffered(offer)) return;
      const { era, known } = offer;
      say(progress.done(index, { era, drainsRevision: known.drainsRevision }));
    },
    failed: (index: number): void => {
      if (fleet.report !== 'off') say(progress.failed(index));
    },
    stop: async (): Promise<void> => {
      await teller?.stop();
    },
  };
}

function isOffered(offer: Offer | undefined): offer is Offered {
  return offer !== undefined && 'known' in offer;
}
