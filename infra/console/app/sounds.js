// What happened, for the ears: whoever enters doses looks at paper, not at the screen.

/** Hertz, start and length in seconds. */
const TUNES = {
  seen: [[990, 0, 0.06]],
  done: [[880, 0, 0.1], [1320, 0.11, 0.16]],
  doubt: [[620, 0, 0.12], [620, 0.17, 0.12], [620, 0.34, 0.12]],
  refused: [[185, 0, 0.5]],
};
const LOUD = 0.15;

let context = null;
let muted = false;

export const isMuted = () => muted;
export const mute = (next) => { muted = next; };

export function play(tune) {
  if (muted) return;
  try {
    context ??= new AudioContext();
    if (context.state === 'suspended') context.resume();
  } catch {
    return; // a machine without sound still has its colours
  }
  for (const [pitch, from, length] of TUNES[tune]) {
    const start = context.currentTime + from;
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    tone.frequency.value = pitch;
    // Faded out, lest it clicks.
    volume.gain.setValueAtTime(LOUD, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + length);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + length);
  }
}
