import type { Engine } from "@millrace/engine";
import type { WorkerService } from "@millrace/proto/worker-service";
import type { Handler } from "@millrace/runtime";
import { Leasing, type LeasingOptions } from "../leasing/leasing.ts";
import { WorkSession, type WorkSessionParts } from "../session/work-session.ts";
import { createWrites } from "../session/writes.ts";

export interface WorkParts
  extends Omit<WorkSessionParts, "leasing" | "writes">,
    Pick<LeasingOptions, "onError"> {
  readonly engine: Engine;
}

/** A session for each stream; all of them lease and write together. */
export function work(
  parts: WorkParts,
): Handler<(typeof WorkerService)["method"]["work"], undefined> {
  const leasing = new Leasing(parts);
  const writes = createWrites(parts);
  return (requests, { draining }) =>
    new WorkSession({ ...parts, leasing, writes }).run(requests, draining);
}
