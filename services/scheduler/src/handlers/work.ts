import type { WorkerService } from "@millrace/proto/worker-service";
import type { Handler } from "@millrace/runtime";
import { WorkSession, type WorkSessionParts } from "../session/work-session.ts";

/** A session for each stream. */
export const work =
  (parts: WorkSessionParts): Handler<(typeof WorkerService)["method"]["work"], undefined> =>
  (requests, { draining }) =>
    new WorkSession(parts).run(requests, draining);
