import type { WorkersHere } from "../src/handlers/admin/list-workers.ts";
import { ConnectedWorkers } from "../src/session/connected-workers.ts";

/** For tests of AdminService without a worker. */
export const noWorkers: WorkersHere = { connected: new ConnectedWorkers(), schedulerId: "s1" };
