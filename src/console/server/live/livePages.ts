/**
 * The pages that are open, by what they may see: each change is written down once for all of a scope.
 * A page that takes too little in is ended by its stream, and comes back for the rest.
 */
import type { LiveEvent, LiveLink } from '../../../domain/console/live.ts';
import type { LiveModel } from '../../../domain/console/liveModel.ts';
import type { LiveScope } from '../../../domain/console/liveScope.ts';
import type { AnswerStream } from '../handlers.ts';

export interface LivePages {
  /** Tells what is other since that version, and then all there is to tell. Gives what ends it. */
  readonly open: (scope: LiveScope, after: number, stream: AnswerStream) => () => void;
  /** There is one version more. */
  readonly tellChange: () => void;
  readonly tellLink: () => void;
  readonly count: () => number;
  readonly close: () => void;
}

export interface LivePagesDeps {
  readonly model: Pick<LiveModel, 'version' | 'changeSince'>;
  readonly link: () => LiveLink;
  readonly nowMs: () => number;
}

interface Group {
  readonly scope: LiveScope;
  readonly streams: Set<AnswerStream>;
}

const beatMs = 15_000;

export function createLivePages({ model, link, nowMs }: LivePagesDeps): LivePages {
  const groups = new Map<string, Group>();
  const tellAll = (event: LiveEvent): void => {
    const text = eventText(event);
    for (const { streams } of groups.values()) for (const stream of streams) stream.write(text);
  };
  const linkEvent = (): LiveEvent => ({ type: 'Link', version: model.version(), link: link() });
  const timer = setInterval(() => tellAll({ type: 'Beat', atMs: nowMs() }), beatMs);

  return {
    open: (scope, after, stream) => {
      const change = model.changeSince(after, scope);
      if (change === 'Again') {
        sendAway([stream]);
        return () => undefined;
      }
      if (change !== undefined) stream.write(eventText(change));
      stream.write(eventText(linkEvent()));
      const group = groups.get(scope.key) ?? { scope, streams: new Set() };
      groups.set(scope.key, group);
      group.streams.add(stream);
      return () => {
        group.streams.delete(stream);
        if (group.streams.size === 0 && groups.get(scope.key) === group) groups.delete(scope.key);
      };
    },
    tellChange: () => {
      for (const [key, { scope, streams }] of [...groups]) {
        const change = model.changeSince(model.version() - 1, scope);
        if (change === 'Again') {
          groups.delete(key);
          sendAway(streams);
        } else if (change !== undefined) {
          const text = eventText(change);
          for (const stream of streams) stream.write(text);
        }
      }
    },
    tellLink: () => tellAll(linkEvent()),
    count: () => [...groups.values()].reduce((sum, { streams }) => sum + streams.size, 0),
    close: () => {
      clearInterval(timer);
      for (const { streams } of groups.values()) for (const stream of streams) stream.end();
      groups.clear();
    },
  };
}

/** They ask for the fleet anew, and open another stream then. */
export function sendAway(streams: Iterable<AnswerStream>): void {
  const text = eventText({ type: 'Again' });
  for (const stream of streams) {
    stream.write(text);
    stream.end();
  }
}

function eventText(event: LiveEvent): Buffer {
  return Buffer.from(`data: ${JSON.stringify(event)}\n\n`);
}
