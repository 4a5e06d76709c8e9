import type { Engine } from "@millrace/engine";
import { type Clock, isKeyId } from "@millrace/shared";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { spendPage } from "../../operators/spend-page.ts";

export const listSpend =
  (engine: Pick<Engine, "spendOfDay">, clock: Clock): AdminHandler<"listSpend"> =>
  async ({ keyId, filter }) => {
    const key = isKeyId(keyId) ? keyId : undefined;
    return { page: await spendPage(engine, filter, key, clock.nowMs()) };
  };
