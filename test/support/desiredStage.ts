/** `watchDesired` on a made-up etcd and a clock that is moved by hand, and what it tells, in short. */
import { Subject, Subscription } from 'rxjs';
import type { StoreMark } from '../../streams/storeMemory.ts';
import { type DesiredEvent, watchDesired } from '../../streams/watchDesired.ts';
import { createFakeEtcd, type FakeEtcd } from './fakeEtcd.ts';
import { createHandScheduler, type HandScheduler } from './handScheduler.ts';

export interface DesiredStage {
  readonly etcd: FakeEtcd;
  readonly scheduler: HandScheduler;
  readonly events: readonly DesiredEvent[];
  /** What its dice show. */
  random: number;
  /** Apps with it in their `ips` concern this host. */
  item: string;
  /** Watches until `stop`. */
  begin(known?: StoreMark): void;
  /** Begins; the first listing, and its watch. */
  start(known?: StoreMark): Promise<void>;
  /** The next listing after a pause, and its watch. */
  recover(ms?: number): Promise<void>;
  relist(): void;
  /** What was told, in short. */
  told(): readonly string[];
  stop(): void;
}

/** When the first audit is over, in milliseconds after the listing. */
export const auditMs = 22_000 + 1;

/** Both keys of an app. */
export const web = (content: string, ips = 'h1') => ({
  '/p/web/ips': ips,
  '/p/web/content': content,
});

export function createDesiredStage(): DesiredStage {
  const etcd = createFakeEtcd();
  const scheduler = createHandScheduler();
  const events: DesiredEvent[] = [];
  const relist$ = new Subject<void>();
  const subscription = new Subscription();
  /** After so long there is a listing, and a watch. */
  const stand = async (ms: number): Promise<void> => {
    await scheduler.advance(ms);
    etcd.created();
    await scheduler.advance(0);
  };
  const stage: DesiredStage = {
    ...{ etcd, scheduler, events, random: 0.5, item: 'h1' },
    begin: (known) => {
      const desired$ = watchDesired(
        {
          range: etcd.range,
          openWatch: etcd.openWatch,
          scheduler,
          random: () => stage.random,
          concernsHost: (_app, ips) => ips?.includes(stage.item) ?? false,
          relist$,
        },
        { prefix: '/p', pageSize: 3, known },
      );
      subscription.add(
        desired$.subscribe({
          next: (event) => events.push(event),
          error: (error) => events.push(error as never),
          complete: () => events.push('completed' as never),
        }),
      );
    },
    start: async (known) => {
      stage.begin(known);
      await stand(0);
    },
    recover: (ms = 2_000) => stand(ms),
    relist: () => {
      relist$.next();
    },
    told: () => events.map(inShort),
    stop: () => {
      subscription.unsubscribe();
    },
  };
  return stage;
}

function inShort(event: DesiredEvent): string {
  switch (event.type) {
    case 'DesiredListed':
      return `${event.reason}@${event.revision} ${event.entries.map((e) => e.app).join()}`.trim();
    case 'DesiredChanged':
      return `@${event.revision} ${event.entries.map((e) => e.app).join()}`.trim();
    case 'DesiredLost':
      return `lost ${event.reason}`;
  }
}
