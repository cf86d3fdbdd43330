/** The sign of supervene: two lines that are the same, as wanted and as it is. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="currentColor" />
      <path class="mark-lines" d="M9 12h14M9 20h14" stroke-width="4" stroke-linecap="round" />
    </svg>
  );
}
