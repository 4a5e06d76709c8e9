import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Model } from "@millrace/engine";
import type { ModelStatusSchema } from "@millrace/proto/admin-model";
import { type PoolServer, unservedAccounts } from "../policy/unserved-accounts.ts";
import { modelEtag } from "./etag.ts";
import { modelMessage } from "./model-message.ts";

/** A model, and which of its accounts none of the workers serves. */
export const modelStatusMessage = (
  model: Model,
  workers: readonly PoolServer[],
): MessageInitShape<typeof ModelStatusSchema> => ({
  model: modelMessage(model),
  etag: modelEtag(model),
  unservedAccounts: [...unservedAccounts(model, workers)],
});
