import type { Engine } from "@millrace/engine";
import { DeleteModelRequestSchema } from "@millrace/proto/admin-model";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { RecordChange } from "../../operators/record-change.ts";
import { modelNotFound } from "../../operators/refusals.ts";

export const deleteModel =
  (
    engine: { readonly models: Pick<Engine["models"], "remove"> },
    record: RecordChange,
  ): AdminHandler<"deleteModel"> =>
  async (request, { identity: by }) => {
    const { name } = request;
    const change = { by, action: "DeleteModel", subject: name, request };
    await record({ ...change, schema: DeleteModelRequestSchema }, async () => {
      if (!(await engine.models.remove(name))) throw modelNotFound(name);
    });
    return {};
  };
