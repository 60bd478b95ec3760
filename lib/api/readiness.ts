import { logger } from '../log.ts';

/** How long a dependency may take to answer, in milliseconds; twice that fits into the function's time. */
export const PROBE_TIMEOUT_MS = 4_000;

/** A harmless call for each dependency, by its name. */
export type Probes = Record<string, () => Promise<unknown>>;

/** Asks every dependency at once; why one is unavailable stands in the log only. */
export async function checkDependencies(probes: Probes) {
  const checked = await Promise.all(
    Object.entries(probes).map(async ([name, probe]) => [name, await check(name, probe)] as const),
  );
  const dependencies = Object.fromEntries(checked);
  return { ready: checked.every(([, state]) => state === 'ok'), dependencies };
}

/**
 * Everything that the service needs to analyse, and which of the models answer: one of them is enough.
 * The models come after the rest, for their key is part of it.
 */
export async function checkReadiness(probes: Probes, modelProbes: Probes) {
  const { ready, dependencies } = await checkDependencies(probes);
  const { dependencies: models } = await checkDependencies(modelProbes);
  return { ready: ready && Object.values(models).includes('ok'), dependencies, models };
}

async function check(name: string, probe: () => Promise<unknown>): Promise<'ok' | 'unavailable'> {
  const tooLate = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  const late = new Promise<never>((_, reject) => {
    tooLate.addEventListener('abort', () => reject(tooLate.reason), { once: true });
  });
  try {
    await Promise.race([probe(), late]);
    return 'ok';
  } catch (error) {
    logger.error('dependency unavailable', { name, cause: error instanceof Error && error.name });
    return 'unavailable';
  }
}
