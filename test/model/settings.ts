/** Of the suite's runs, which are the same each time: a change fails by what it does, and not by what was drawn. */
const SEED = 20_261_129;

/** A failing run prints its seed and path; these replay it, or run for longer, with what is drawn anew. */
export const settings = (runs: number) => {
  const { MILLRACE_MODEL_RUNS, MILLRACE_MODEL_SEED, MILLRACE_MODEL_PATH: path } = process.env;
  const seed = MILLRACE_MODEL_SEED ?? (MILLRACE_MODEL_RUNS === undefined ? SEED : undefined);
  return {
    numRuns: Number(MILLRACE_MODEL_RUNS ?? runs),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  };
};
