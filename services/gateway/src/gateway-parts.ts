import type { DocumentStore } from "@millrace/documents";
import type { Metrics } from "@millrace/telemetry";
import type { Scheduler } from "./caller.ts";
import type { Submitter } from "./submitter.ts";

/** What handlers are made from. */
export interface GatewayParts {
  readonly scheduler: Scheduler;
  readonly submit: Submitter;
  readonly documents: DocumentStore;
  readonly metrics: Pick<Metrics, "relayedChunks" | "relayedBytes">;
}
