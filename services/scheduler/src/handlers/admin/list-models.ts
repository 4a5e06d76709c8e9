import type { Engine } from "@millrace/engine";
import { modelStatusMessage } from "../../messages/model-status.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { ListsWorkers } from "../../session/all-workers.ts";

export const listModels =
  (
    engine: { readonly models: Pick<Engine["models"], "list"> },
    workers: ListsWorkers,
  ): AdminHandler<"listModels"> =>
  async () => {
    const [models, serving] = await Promise.all([engine.models.list(), workers.list()]);
    return { models: models.map((model) => modelStatusMessage(model, serving)) };
  };
