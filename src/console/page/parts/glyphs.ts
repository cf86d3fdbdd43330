/**
 * The drawings of the page: 16 × 16, strokes of 1.5, drawn for it. `!` before a path: filled. Each
 * condition and each state of a process has a shape of its own, so that none needs its colour.
 */
export const glyphs = {
  // Views.
  fleet: ['M2 3.5h12v4H2zM2 8.5h12v4H2z', 'M4.5 5.5h.01M4.5 10.5h.01'],
  publish: ['M8 10.5V2.5M4.8 5.5 8 2.3l3.2 3.2', 'M2.5 10v3.5h11V10'],
  history: ['M2.6 6.2A5.7 5.7 0 1 1 2.3 8.6', 'M2.2 3v3.4h3.4', 'M8 5v3.2l2.2 1.4'],
  rollouts: ['M2 12.5h3.2V9.2h3.3V5.9h3.3V2.6H14'],
  time: ['M2 8h12', 'M4 6v4M8 5v6M12 6v4', '!M8 2.2l1.8 2.3H6.2z'],
  keys: ['M6.8 9.2a3 3 0 1 1 0-2.4L14 6.8v2.4h-1.7v1.6h-2V9.2z', 'M4.3 8h.01'],
  audit: ['M3.5 2h9v12l-2.2-1.5L8 14l-2.3-1.5L3.5 14z', 'M6 5.5h4M6 8.5h4'],
  logs: ['M2.5 3h11v10h-11z', 'm4.8 6 1.8 1.8-1.8 1.8M8.2 10h3'],

  // What can be done.
  search: ['M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9z', 'm10.4 10.4 3.4 3.4'],
  close: ['m4 4 8 8M12 4l-8 8'],
  check: ['m3 8.5 3.3 3.3L13 4.8'],
  down: ['m4 6.2 4 4 4-4'],
  right: ['m6.2 4 4 4-4 4'],
  left: ['m9.8 4-4 4 4 4'],
  more: ['M3.5 8h.01M8 8h.01M12.5 8h.01'],
  menu: ['M2.5 4.5h11M2.5 8h11M2.5 11.5h11'],
  plus: ['M8 3v10M3 8h10'],
  copy: ['M5.5 5.5h8v8h-8z', 'M10.5 3V2.5h-8v8H3'],
  download: ['M8 2.5v7.6M4.8 7 8 10.2 11.2 7', 'M2.5 13.5h11'],
  filter: ['M2 3.5h12L9.6 8.4v4.1l-3.2 1V8.4z'],
  start: ['!M4.5 2.8v10.4L13 8z'],
  stop: ['!M3.8 3.8h8.4v8.4H3.8z'],
  restart: ['M13.2 7.2A5.3 5.3 0 1 0 13.3 9', 'M13.5 3.6v3.7H9.8'],
  pause: ['M5.5 3.5v9M10.5 3.5v9'],
  bell: ['M4 11V7a4 4 0 0 1 8 0v4l1.3 1.3H2.7z', 'M6.7 14h2.6'],
  bellOff: ['M4 11V7c0-.8.2-1.5.6-2.1M6.3 3.4A4 4 0 0 1 12 7v2.5M11 12.3H2.7L4 11', 'm2 2 12 12'],
  sun: [
    'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6z',
    'M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.8.8M11.8 11.8l.8.8M12.6 3.4l-.8.8M4.2 11.8l-.8.8',
  ],
  moon: ['M13.3 9.6A5.8 5.8 0 0 1 6.4 2.7a5.8 5.8 0 1 0 6.9 6.9z'],
  screen: ['M2 3h12v8H2z', 'M5.5 13.5h5M8 11v2.5'],
  language: ['M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z', 'M2 8h12M8 2c4 4 4 8 0 12-4-4-4-8 0-12z'],
  user: ['M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8z', 'M2.7 13.8a5.4 5.4 0 0 1 10.6 0'],
  leave: ['M9.5 2.5h-7v11h7', 'M6.5 8H14m-2.8-2.8L14 8l-2.8 2.8'],
  lock: ['M3.5 7.5h9v6h-9z', 'M5.2 7.5V5a2.8 2.8 0 0 1 5.6 0v2.5'],
  keyboard: ['M1.5 4h13v8h-13z', 'M4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M4.5 9.5h7'],
  host: ['M2.5 2.5h11v4h-11zM2.5 9.5h11v4h-11z', 'M5 4.5h.01M5 11.5h.01'],
  app: ['M8 1.8l5.5 3.1v6.2L8 14.2l-5.5-3.1V4.9z', 'm2.6 5 5.4 3 5.4-3M8 8v6'],

  // What is the case.
  info: ['M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z', 'M8 7.2v3.6M8 5h.01'],
  good: ['M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z', 'm5.2 8.2 2 2 3.6-4'],
  warn: ['M8 2.2 14.3 13H1.7z', 'M8 6.5v3M8 11.3h.01'],
  bad: ['M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4z', 'm6 6 4 4M10 6l-4 4'],
  linked: [
    'M6.5 9.5 9.5 6.5',
    'M7.3 4.8 9 3.1a2.8 2.8 0 0 1 3.9 3.9l-1.7 1.7',
    'M8.7 11.2 7 12.9A2.8 2.8 0 0 1 3.1 9l1.7-1.7',
  ],
  unlinked: [
    'M8.3 3.8 9 3.1a2.8 2.8 0 0 1 3.9 3.9l-.7.7',
    'M7.7 12.2l-.7.7A2.8 2.8 0 0 1 3.1 9l.7-.7',
    'm2.5 2.5 11 11',
  ],

  // Conditions.
  converged: ['M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z', 'm5.2 8.2 2 2 3.6-4'],
  converging: [
    'M8 2a6 6 0 0 1 0 12',
    'M8 2a6 6 0 0 0-4.2 1.8M2.3 6.3a6 6 0 0 0 0 3.4M3.8 12.2A6 6 0 0 0 8 14',
  ],
  held: ['M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z', 'M6.3 5.8v4.4M9.7 5.8v4.4'],
  lost: ['M2 5.5V3h12v6M14 11.5V13H8M5.5 13H2V8', 'm3 2 10.5 12'],
  rolledBack: ['M5.5 2.8 2.3 6l3.2 3.2', 'M2.5 6h7.2a3.8 3.8 0 0 1 0 7.6H5'],
  quarantined: ['!M5.4 1.5h5.2l3.9 3.9v5.2l-3.9 3.9H5.4l-3.9-3.9V5.4z'],

  // States of processes.
  running: ['!M4.5 2.8v10.4L13 8z'],
  starting: ['M5 3.5v9L12.5 8z'],
  backoff: ['M8 2.2 14.3 13H1.7z', 'M8 6.5v3M8 11.3h.01'],
  stopping: ['M3.8 3.8h8.4v8.4H3.8z', 'M6.5 8h3'],
  stopped: ['!M4 4h8v8H4z'],
  exited: ['M4 4h8v8H4z'],
  fatal: ['!M5.4 1.5h5.2l3.9 3.9v5.2l-3.9 3.9H5.4l-3.9-3.9V5.4z'],
  unknown: [
    'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z',
    'M6.2 6.4c.2-2.4 3.8-2.2 3.6.2-.1 1.2-1.8 1.3-1.8 2.6M8 11.3h.01',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type GlyphName = keyof typeof glyphs;
