import type { JobSettings } from "./contract.ts";

export type RetentionOf = Pick<JobSettings, "retainSucceededMs" | "retainFailedMs">;

/** How long scripts keep jobs after their end. */
export const retention = ({ retainSucceededMs, retainFailedMs }: RetentionOf) => ({
  keepSucceededMs: retainSucceededMs,
  keepFailedMs: retainFailedMs,
});
