import type { LeaseRef } from "../leases/contract.ts";
import { defineScript } from "../redis/define-script.ts";

export interface SaveCheckpointRequest extends LeaseRef {
  readonly checkpointJson: string;
}

/** Returns false if the lease is lost. */
export const saveCheckpoint = defineScript<SaveCheckpointRequest, boolean>(import.meta.url, {
  name: "save_checkpoint",
  argv: ["job_id", "token", "checkpoint"],
  encode: ({ jobId, token, checkpointJson }) => [jobId, token, checkpointJson],
  decode: (reply) => reply === "SAVED",
});
