/** How far something is: `<Spinner />` beside a word, `<Progress done={3} total={7} label="…" />`. */
export function Spinner({ label }: { readonly label?: string }) {
  return label === undefined ? (
    <span class="spinner" aria-hidden="true" />
  ) : (
    <span class="line muted" role="status">
      <span class="spinner" aria-hidden="true" />
      {label}
    </span>
  );
}

export function Progress({
  done,
  total,
  label,
}: {
  readonly done: number;
  readonly total: number;
  readonly label: string;
}) {
  return (
    <div class="progress">
      <progress value={done} max={Math.max(total, 1)} aria-label={label} />
      <span class="number small muted">
        {done}/{total}
      </span>
    </div>
  );
}
