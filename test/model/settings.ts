/**
 * The seed of the suite, so that its runs are the same each time. A change then fails because of what it does,
 * not because of a random draw.
 */
const SEED = 20_261_129;

/**
 * Reads the settings of a run. A failing run prints its seed and path. These settings replay it, or run longer
 * with new draws.
 */
export const settings = (runs: number) => {
  const { MILLRACE_MODEL_RUNS, MILLRACE_MODEL_SEED, MILLRACE_MODEL_PATH: path } = process.env;
  const seed = MILLRACE_MODEL_SEED ?? (MILLRACE_MODEL_RUNS === undefined ? SEED : undefined);
  return {
    numRuns: Number(MILLRACE_MODEL_RUNS ?? runs),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  };
};
