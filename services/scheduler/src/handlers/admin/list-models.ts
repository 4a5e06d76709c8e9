import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { Engine, Model } from "@millrace/engine";
import { ModelStatusSchema } from "@millrace/proto/admin-model";
import { limits } from "@millrace/shared";
import { modelStatusMessage } from "../../messages/model-status.ts";
import { assertPageToken, nameInToken, tokenAfter } from "../../messages/page-token.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { PoolServer } from "../../policy/unserved-accounts.ts";
import type { ListsWorkers } from "../../session/all-workers.ts";

const DEFAULT_PAGE_SIZE = 100;
/** The tag and the length of a model in the answer, and the answer's page token. */
const FRAME_BYTES = 8;

/**
 * Lists models by name. A page token names the last model of the page before, so new or removed models shift no page. A page
 * ends before it is longer than a message may be.
 */
export const listModels =
  (
    engine: { readonly models: Pick<Engine["models"], "list"> },
    workers: ListsWorkers,
  ): AdminHandler<"listModels"> =>
  async ({ pageSize, pageToken }) => {
    const after = nameInToken("model", pageToken);
    assertPageToken("ListModels", pageToken, after !== undefined);
    const [models, serving] = await Promise.all([engine.models.list(), workers.list()]);
    const rest = models.filter(({ name }) => after === undefined || name > after);
    const page = fitting(rest.slice(0, pageSize || DEFAULT_PAGE_SIZE), serving);
    const last = page.length < rest.length ? page.at(-1)?.model?.name : undefined;
    return { models: page, nextPageToken: last === undefined ? "" : tokenAfter("model", last) };
  };

/** The first models that fit into a message: at least one. */
function fitting(models: readonly Model[], serving: readonly PoolServer[]) {
  const page: MessageInitShape<typeof ModelStatusSchema>[] = [];
  let bytes = 0;
  for (const model of models) {
    const status = create(ModelStatusSchema, modelStatusMessage(model, serving));
    bytes += FRAME_BYTES + toBinary(ModelStatusSchema, status).length;
    if (page.length > 0 && bytes > limits.messageBytes) break;
    page.push(status);
  }
  return page;
}
