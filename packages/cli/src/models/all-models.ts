import type { Admin } from "@millrace/client/admin";
import type { ModelStatus } from "@millrace/proto/admin-model";
import { AdminService } from "@millrace/proto/admin-service";

/** Yields every model of the catalogue by name, fetched page by page. */
async function* allModels(admin: Admin, signal: AbortSignal): AsyncGenerator<ModelStatus> {
  let pageToken = "";
  do {
    const page = await admin.call(AdminService.method.listModels, { pageToken }, { signal });
    yield* page.models;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

/** Returns every model of the catalogue, by name. */
export async function readModels(admin: Admin, signal: AbortSignal): Promise<ModelStatus[]> {
  const found: ModelStatus[] = [];
  for await (const one of allModels(admin, signal)) found.push(one);
  return found;
}

/** Finds a model by its own name. An alias does not count. Undefined if there is none. */
export async function findModel(
  admin: Admin,
  name: string,
  signal: AbortSignal,
): Promise<ModelStatus | undefined> {
  for await (const one of allModels(admin, signal)) if (one.model?.name === name) return one;
  return undefined;
}
