/**
 * Several views of one thing. As links when each has an address (`href`, the usual), as tabs with
 * arrows when not: then the panel below has `role="tabpanel"` and `aria-labelledby={tabId(id)}`.
 *
 *     <Tabs label={t('views')} current="host" tabs={[{ id: 'host', text: t('byHost'), href: '/fleet' }]} />
 */
import { Link } from './Button.tsx';

export interface Tab<Id extends string> {
  readonly id: Id;
  readonly text: string;
  readonly href?: string;
  readonly count?: number;
}

export interface TabsProps<Id extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<Id>[];
  readonly current: Id;
  readonly onChoose?: (id: Id) => void;
}

export const tabId = (id: string): string => `tab-${id}`;

export function Tabs<Id extends string>({ label, tabs, current, onChoose }: TabsProps<Id>) {
  if (tabs.every(({ href }) => href !== undefined)) {
    return (
      <nav class="tabs" aria-label={label}>
        {tabs.map(({ id, text, href = '', count }) => (
          <Link key={id} href={href} class="tab" isCurrent={id === current}>
            {text}
            <Count count={count} />
          </Link>
        ))}
      </nav>
    );
  }
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={moveBy}>
      {tabs.map(({ id, text, count }) => (
        <button
          key={id}
          id={tabId(id)}
          type="button"
          role="tab"
          class="tab"
          aria-selected={id === current}
          tabIndex={id === current ? 0 : -1}
          onClick={() => onChoose?.(id)}
          onFocus={() => {
            if (id !== current) onChoose?.(id);
          }}
        >
          {text}
          <Count count={count} />
        </button>
      ))}
    </div>
  );
}

function Count({ count }: { readonly count: number | undefined }) {
  return count === undefined ? null : <span class="count">{count}</span>;
}

function moveBy(event: KeyboardEvent): void {
  const list = event.currentTarget;
  if (!(list instanceof HTMLElement)) return;
  const tabs = [...list.querySelectorAll<HTMLElement>('[role=tab]')];
  const now = tabs.findIndex((tab) => tab === document.activeElement);
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: (now + 1) % tabs.length,
    ArrowLeft: (now + tabs.length - 1) % tabs.length,
    Home: 0,
    End: tabs.length - 1,
  };
  const to = steps[event.key];
  if (to === undefined) return;
  event.preventDefault();
  tabs[to]?.focus();
}
