import type { Admin } from "@millrace/client/admin";
import type { ModelStatus } from "@millrace/proto/admin-model";
import { AdminService } from "@millrace/proto/admin-service";

/** Returns every model of the catalogue by name, fetched page by page. */
export async function allModels(admin: Admin, signal: AbortSignal): Promise<ModelStatus[]> {
  const models: ModelStatus[] = [];
  let pageToken = "";
  do {
    const page = await admin.call(AdminService.method.listModels, { pageToken }, { signal });
    models.push(...page.models);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return models;
}

/** Finds a model by its own name. An alias does not count. Undefined if there is none. */
export async function findModel(
  admin: Admin,
  name: string,
  signal: AbortSignal,
): Promise<ModelStatus | undefined> {
  return (await allModels(admin, signal)).find((one) => one.model?.name === name);
}
