/**
 * The shares of XYZ (white D50) in linear red, green and blue light of sRGB: Bradford's matrix
 * and sRGB's own in one (Lindbloom).
 */
export const XYZ_TO_LIGHT = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const;

const STEPS = 4_096;
const LEVELS = Uint8Array.from({ length: STEPS }, (_, step) => {
  const light = step / (STEPS - 1);
  return Math.round(
    255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055),
  );
});

/** Linear light, 0–1 and cut there, as sRGB writes it, 0–255. */
export function encodeLight(light: number): number {
  return LEVELS[Math.round(Math.min(1, Math.max(0, light)) * (STEPS - 1))] ?? 0;
}
