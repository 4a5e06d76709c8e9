import { defineScript } from "../redis/define-script.ts";
import type { LeaseRef } from "./contract.ts";

/** Returns false if the lease is lost. */
export const checkLease = defineScript<LeaseRef, boolean>(import.meta.url, {
  name: "check_lease",
  argv: ["job_id", "token"],
  encode: ({ jobId, token }) => [jobId, token],
  decode: (reply) => reply === "HELD",
});
