/** Puts a text on the clipboard, and says whether it did: `<CopyButton text={command} />`. */
import { useTexts } from '../core/store.ts';
import { Button } from './Button.tsx';
import { say } from './Notice.tsx';
import { partTexts } from './texts.ts';

export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const t = useTexts(partTexts);
  const copy = async (): Promise<void> => {
    const isDone = await copyText(text);
    say(isDone ? { tone: 'good', text: t('copied') } : { tone: 'warn', text: t('notCopied') });
  };
  return (
    <Button
      glyph="copy"
      label={label ?? t('copy')}
      kind="quiet"
      isSmall
      onClick={() => void copy()}
    />
  );
}

/** Over plain http browsers have no clipboard. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
