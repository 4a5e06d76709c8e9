import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { unknownModel } from "../messages/submit-result.ts";

/** Tells a gateway which models jobs may name. A name that was added a moment ago is found. */
export const listModels =
  (engine: {
    readonly models: Pick<Engine["models"], "list" | "lookUp">;
  }): Handler<(typeof SchedulerService)["method"]["listModels"], undefined> =>
  async ({ name }) => {
    if (name === "") {
      const models = await engine.models.list();
      return { models: models.map(({ name, aliases = [] }) => ({ name, aliases: [...aliases] })) };
    }
    const found = await engine.models.lookUp(name);
    if (found.kind === "notFound") throw rpcError(unknownModel("model", name, found.nearest));
    const { name: own, aliases = [] } = found.model;
    return { models: [{ name: own, aliases: [...aliases] }] };
  };
