import type { Engine } from "@millrace/engine";
import { modelStatusMessage } from "../../messages/model-status.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { modelNotFound } from "../../operators/refusals.ts";
import type { ListsWorkers } from "../../session/all-workers.ts";

/** Reads a model by its name. A name that no model has may be an alias. */
export const getModel =
  (
    engine: { readonly models: Pick<Engine["models"], "get" | "lookUp"> },
    workers: ListsWorkers,
  ): AdminHandler<"getModel"> =>
  async ({ name }) => {
    const { models } = engine;
    const own = await models.get(name);
    if (own !== undefined) return { model: modelStatusMessage(own, await workers.list()) };
    const found = await models.lookUp(name);
    if (found.kind === "notFound") throw modelNotFound(name, found.nearest);
    // The look-up's copy may be a second old.
    const model = await models.get(found.model.name);
    if (model === undefined) throw modelNotFound(name);
    return { model: modelStatusMessage(model, await workers.list()) };
  };
