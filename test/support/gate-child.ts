import { convertPicture } from '../../lib/media/image/image.ts';
import { inspectPicture } from './inspect-picture.ts';
import { PICTURE_LIMITS } from './limits.ts';
import { drawMarker } from './pictures.ts';

// A process that takes files, one at a time, through the real gate and conversion, and tells what each cost.

export interface GateReport {
  /** The code of a refusal; undefined where there is a picture. Anything else that was thrown, by its name. */
  code: string | undefined;
  cpuMs: number;
  /** The most memory that the process ever took, in MiB. */
  peakMiB: number;
}

async function pass(bytes: Uint8Array): Promise<string | undefined> {
  try {
    await convertPicture(bytes, await inspectPicture(bytes, PICTURE_LIMITS));
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

async function measure(bytes: Uint8Array): Promise<GateReport> {
  const before = process.cpuUsage();
  const code = await pass(bytes);
  const { user, system } = process.cpuUsage(before);
  return { code, cpuMs: (user + system) / 1_000, peakMiB: process.resourceUsage().maxRSS / 1_024 };
}

process.on('message', async (bytes: Uint8Array) => process.send?.(await measure(bytes)));
await pass(await drawMarker().jpeg().toBuffer()); // what is loaded at first use is no file's cost
process.send?.(await measure(await drawMarker().png().toBuffer()));
