import type { Engine } from "@millrace/engine";
import type { WorkerService } from "@millrace/proto/worker-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isJson } from "../messages/is-json.ts";
import type { LeaseTokens } from "../session/lease-tokens.ts";
import { leaseLost, namedLease } from "../session/named-lease.ts";
import type { WorkerPass } from "../tokens/worker-tokens.ts";

/** Stores what an attempt leaves to the next ones. */
export const saveCheckpoint =
  (
    engine: Pick<Engine, "saveCheckpoint">,
    tokens: LeaseTokens,
  ): Handler<(typeof WorkerService)["method"]["saveCheckpoint"], WorkerPass> =>
  async ({ lease: message, checkpointJson }, { identity: pass, concerns }) => {
    const lease = namedLease(tokens, pass, message);
    concerns(lease.jobId);
    if (!isJson(checkpointJson)) {
      throw rpcError({ reason: "MALFORMED", message: "checkpoint_json: must be JSON" });
    }
    if (!(await engine.saveCheckpoint(lease, checkpointJson))) throw leaseLost();
    return {};
  };
