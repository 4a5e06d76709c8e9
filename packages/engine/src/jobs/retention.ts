import type { JobSettings } from "./contract.ts";

export type RetentionOf = Pick<JobSettings, "retainSucceededMs" | "retainFailedMs">;

/** How long scripts keep what has ended. */
export const retention = ({ retainSucceededMs, retainFailedMs }: RetentionOf) => ({
  keepSucceededMs: retainSucceededMs,
  keepFailedMs: retainFailedMs,
});
