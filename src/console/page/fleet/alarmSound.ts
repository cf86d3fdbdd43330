/** The sound of the alarm, made by the browser: two notes, twice. There is no file. */

const made: { context: AudioContext | undefined } = { context: undefined };

/** Seconds from its begin, and hertz. */
const notes = [
  [0, 784],
  [0.16, 587],
  [0.42, 784],
  [0.58, 587],
] as const;

/** Browsers are silent until somebody has touched the page. */
export function playAlarm(): void {
  try {
    const context = (made.context ??= new AudioContext());
    void context.resume().then(
      () => {
        for (const [after, hertz] of notes) playNote(context, context.currentTime + after, hertz);
      },
      () => undefined,
    );
  } catch {
    // No sound here: the title and the list say it too.
  }
}

function playNote(context: AudioContext, at: number, hertz: number): void {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.type = 'triangle';
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.15);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.17);
}
