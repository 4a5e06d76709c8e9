import type { Engine } from "@millrace/engine";
import { PutModelRequestSchema } from "@millrace/proto/admin-model";
import { modelEtag } from "../../messages/etag.ts";
import { modelOf } from "../../messages/model-message.ts";
import { modelStatusMessage } from "../../messages/model-status.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { RecordChange } from "../../operators/record-change.ts";
import { changedMeanwhile, modelRefused } from "../../operators/refusals.ts";
import type { ListsWorkers } from "../../session/all-workers.ts";

/** Replaces the model's whole definition. */
export const putModel =
  (
    engine: { readonly models: Pick<Engine["models"], "get" | "put" | "replace"> },
    record: RecordChange,
    workers: ListsWorkers,
  ): AdminHandler<"putModel"> =>
  async (request, { identity: by }) => {
    const { model, etag } = request;
    if (model === undefined) throw new Error("validation accepted a request without a model");
    const { models } = engine;
    const wanted = modelOf(model);
    const change = { by, action: "PutModel", subject: model.name, request };
    const stored = await record({ ...change, schema: PutModelRequestSchema }, async () => {
      const before = etag === "" ? undefined : await models.get(model.name);
      if (etag !== "" && etag !== modelEtag(before)) throw changedMeanwhile(`model ${model.name}`);
      const put = await (etag === "" ? models.put(wanted) : models.replace(before, wanted));
      if (put.kind !== "stored") throw modelRefused(model.name, put);
      return put.model;
    });
    return { model: modelStatusMessage(stored, await workers.list()) };
  };
