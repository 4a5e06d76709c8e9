import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { type Clock, isKeyId } from "@millrace/shared";
import { spendPage } from "../operators/spend-page.ts";

export const listSpend =
  (
    engine: Pick<Engine, "spendOfDay">,
    clock: Clock,
  ): Handler<(typeof SchedulerService)["method"]["listSpend"], undefined> =>
  async ({ keyId, filter }) => {
    if (!isKeyId(keyId)) {
      throw rpcError({ reason: "MALFORMED", message: "key_id must be the id of an API key" });
    }
    return { page: await spendPage(engine, filter, keyId, clock.nowMs()) };
  };
