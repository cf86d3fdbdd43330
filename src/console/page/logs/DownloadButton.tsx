/** Downloads a log, says how far it is, and can be told to stop. */
import { useRef, useState } from 'preact/hooks';
import { useTexts } from '../core/store.ts';
import { Button } from '../parts/Button.tsx';
import { say } from '../parts/Notice.tsx';
import { downloadLog, downloadMaxBytes } from './downloadLog.ts';
import type { LogPlace } from './followLog.ts';
import { formatBytes } from './size.ts';
import { logTexts } from './texts.ts';

export function DownloadButton({ place }: { readonly place: LogPlace }) {
  const t = useTexts(logTexts);
  const [progress, setProgress] = useState<string | undefined>(undefined);
  const stop = useRef<AbortController | undefined>(undefined);
  const download = async (): Promise<void> => {
    const ending = new AbortController();
    stop.current = ending;
    setProgress('');
    const tell = (done: number, all: number): void =>
      setProgress(t('downloading', { done: formatBytes(done), all: formatBytes(all) }));
    const done = await downloadLog(place, tell, ending.signal);
    setProgress(undefined);
    if (ending.signal.aborted) return;
    if (!done.ok) say({ tone: 'bad', text: t('downloadFailed', { why: done.error.error }) });
    else if (done.value.isCut)
      say({ tone: 'warn', text: t('downloadCut', { size: formatBytes(downloadMaxBytes) }) });
  };
  if (progress !== undefined) {
    return (
      <Button isSmall glyph="close" title={t('stopDownload')} onClick={() => stop.current?.abort()}>
        {progress === '' ? t('stopDownload') : progress}
      </Button>
    );
  }
  return (
    <Button isSmall glyph="download" onClick={() => void download()}>
      {t('download')}
    </Button>
  );
}
