/** The lines of a log with what can be done with them: search, pause, wrap, download, load earlier. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useShortcuts } from '../core/shortcuts.ts';
import { useTexts } from '../core/store.ts';
import { Search } from '../parts/Field.tsx';
import { VirtualList } from '../parts/VirtualList.tsx';
import { hitsOf } from './find.ts';
import type { LogPlace } from './followLog.ts';
import { Line } from './Line.tsx';
import {
  Beginning,
  DownloadLink,
  FaultBar,
  Foot,
  Hits,
  NoLines,
  PauseButton,
} from './LogEdges.tsx';
import type { Log } from './logModel.ts';
import { logTexts } from './texts.ts';
import { type Found, type LogScroll, useHits, useScroll } from './useFound.ts';
import { useLog } from './useLog.ts';

const rowPx = 20;

export interface LogPanelProps {
  readonly place: LogPlace;
  readonly isReadable: boolean;
  readonly find: string;
  readonly onFind: (text: string) => void;
  /** What chooses the process and the stream. */
  readonly children: ComponentChildren;
}

export function LogPanel({ place, isReadable, find, onFind, children }: LogPanelProps) {
  const t = useTexts(logTexts);
  const view = useLog(place, isReadable);
  const [isWrapped, setWrapped] = useState(false);
  const [isWhole, setWhole] = useState(false);
  const found = useHits(view.log, find);
  const scroll = useScroll(view, found.current);
  const { log } = view;
  useShortcuts(t('keysHead'), [
    { keys: 'p', text: t('pause'), run: () => view.pause(!view.isPaused) },
    { keys: 'e', text: t('toEnd'), run: scroll.toEnd },
    { keys: 'w', text: t('wrap'), run: () => setWrapped(!isWrapped) },
    { keys: 'n', text: t('next'), run: () => found.step(1) },
    { keys: 'N', text: t('previous'), run: () => found.step(-1) },
  ]);
  return (
    <section class="panel log-panel fill">
      <div class="log-bar">
        {children}
        <form
          class="log-find"
          onSubmit={(event) => {
            event.preventDefault();
            found.step(1);
          }}
        >
          <Search label={t('search')} value={find} onInput={onFind} />
          {find === '' ? null : <Hits {...found} />}
        </form>
        <PauseButton view={view} />
        <DownloadLink place={place} />
      </div>
      <FaultBar view={view} />
      <Beginning view={view} onLoaded={scroll.show} />
      {log.lines.length === 0 ? (
        <NoLines state={view.state} />
      ) : (
        <Lines
          log={log}
          label={t('lines', { process: place.process ?? place.app, stream: place.stream })}
          found={found}
          scroll={scroll}
          isWrapped={isWrapped}
          isWhole={isWhole}
        />
      )}
      <Foot
        view={view}
        isWrapped={isWrapped}
        onWrap={setWrapped}
        isWhole={isWhole}
        onWhole={setWhole}
        toEnd={scroll.isAtEnd ? undefined : scroll.toEnd}
      />
    </section>
  );
}

interface LinesProps {
  readonly log: Log;
  readonly label: string;
  readonly found: Found;
  readonly scroll: LogScroll;
  readonly isWrapped: boolean;
  readonly isWhole: boolean;
}

function Lines({ log, label, found, scroll, isWrapped, isWhole }: LinesProps) {
  return (
    <VirtualList
      key={isWrapped ? 'wrapped' : 'plain'}
      class={`fill log-lines${isWrapped ? ' is-wrapped' : ''}`}
      label={label}
      count={log.lines.length}
      rowPx={rowPx}
      isMeasured={isWrapped}
      keyOf={(index) => log.lines[index]?.id ?? index}
      shown={scroll.shown}
      onScroll={scroll.onScroll}
      draw={(index) => {
        const line = log.lines[index];
        if (line === undefined) return null;
        const hits = hitsOf(found.hits, index);
        return <Line line={line} hits={hits} current={found.current} isWhole={isWhole} />;
      }}
    />
  );
}
