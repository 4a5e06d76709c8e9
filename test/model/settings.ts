/** A failing run prints its seed and path; these replay it, or run for longer. */
export const settings = (runs: number) => ({
  numRuns: Number(process.env.MILLRACE_MODEL_RUNS ?? runs),
  ...(process.env.MILLRACE_MODEL_SEED ? { seed: Number(process.env.MILLRACE_MODEL_SEED) } : {}),
  ...(process.env.MILLRACE_MODEL_PATH ? { path: process.env.MILLRACE_MODEL_PATH } : {}),
});
