/** All keys that hold where one is. */
import { shortcutGroups } from '../core/shortcuts.ts';
import { useTexts } from '../core/store.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { frameTexts } from './texts.ts';

export function KeysHelp({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(frameTexts);
  return (
    <Dialog title={t('keysTitle')} onClose={onClose} isWide>
      <div class="keys-help">
        {shortcutGroups().map(({ head, shortcuts }) => (
          <section>
            <h3>{head}</h3>
            <dl>
              {shortcuts.map(({ keys, text }) => (
                <div>
                  <dt>
                    {keys.split(' ').map((key, index) => (
                      <>
                        {index > 0 && <span class="muted small"> {t('then')} </span>}
                        <kbd>{key}</kbd>
                      </>
                    ))}
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
