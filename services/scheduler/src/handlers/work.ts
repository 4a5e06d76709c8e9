import type { Engine } from "@millrace/engine";
import type { WorkerService } from "@millrace/proto/worker-service";
import type { Handler } from "@millrace/runtime";
import { Leasing, type LeasingOptions } from "../leasing/leasing.ts";
import { WorkSession, type WorkSessionParts } from "../session/work-session.ts";
import { createWrites } from "../session/writes.ts";
import type { WorkerPass } from "../tokens/worker-tokens.ts";

export interface WorkParts
  extends Omit<WorkSessionParts, "leasing" | "writes" | "pass" | "address">,
    Pick<LeasingOptions, "onError"> {
  readonly engine: Engine;
}

/** Serves each worker's stream with a session. All sessions share one Leasing and one batch of writes. */
export function work(
  parts: WorkParts,
): Handler<(typeof WorkerService)["method"]["work"], WorkerPass> {
  const leasing = new Leasing(parts);
  const writes = createWrites(parts);
  return (requests, { leaving, identity: pass, peer: address }) =>
    new WorkSession({ ...parts, leasing, writes, pass, address }).run(requests, leaving);
}
