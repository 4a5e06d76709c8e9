import type { HttpRoute } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import type { ModelPlaces } from "../jobs/model-places.ts";

/** What the routes of OpenAI's API are built from. */
export interface OpenAiParts {
  readonly parts: GatewayParts;
  readonly places: ModelPlaces;
  /** For keep-alives. */
  readonly clock: Clock;
  /** How long a call without a stream waits for its job. */
  readonly syncWaitMs: number;
  /** The largest size of a file of the purpose `batch`. */
  readonly batchFileBytes: number;
}

export type OpenAiRoute = HttpRoute<Caller>;

/** Tells which job a call is. */
export const jobHeader = (jobId: string) => ({ "x-millrace-job-id": jobId });
