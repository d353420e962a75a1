// Reads QR codes from the camera: with the browser's own detector where there is one, else with jsQR. Pictures never leave the page.

const BETWEEN = 120; // ms between two looks
const GONE = 10; // looks without a code: it was taken away, and may come again
const WIDTH = 640; // px that jsQR looks at: enough for 18 digits, little enough for an office PC

/** Answers a function from a playing video to the text of the code in it, or undefined. */
async function detector() {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  if (formats?.includes('qr_code')) {
    const own = new BarcodeDetector({ formats: ['qr_code'] });
    return async (video) => (await own.detect(video))[0]?.rawValue;
  }
  await import('../vendor/jsqr.js');
  const canvas = document.createElement('canvas');
  const drawing = canvas.getContext('2d', { willReadFrequently: true });
  return async (video) => {
    canvas.width = Math.min(WIDTH, video.videoWidth);
    canvas.height = Math.round((canvas.width * video.videoHeight) / video.videoWidth);
    drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = drawing.getImageData(0, 0, canvas.width, canvas.height);
    return globalThis.jsQR(data, width, height, { inversionAttempts: 'dontInvert' })?.data;
  };
}

/**
 * Shows the camera in `video` and tells each code when it comes into sight, until the signal stops it. `onCode(code, again)` answers whether
 * the code was taken: then it is not told once more while it stays in sight.
 */
export async function watch(video, signal, onCode) {
  const asked = { video: { facingMode: 'environment', width: { ideal: 1280 } }, audio: false };
  const stream = await navigator.mediaDevices.getUserMedia(asked);
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (signal.aborted) return stop();
  signal.addEventListener('abort', stop);
  video.srcObject = stream;
  await video.play();
  const look = await detector();
  let taken;
  let told;
  let without = 0;
  while (!signal.aborted) {
    const code = video.videoWidth ? await look(video).catch(() => undefined) : undefined;
    without = code ? 0 : without + 1;
    if (without === GONE) taken = told = undefined;
    if (code && code !== taken) {
      taken = onCode(code, code === told) ? code : undefined;
      told = code;
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN));
  }
  return undefined;
}
