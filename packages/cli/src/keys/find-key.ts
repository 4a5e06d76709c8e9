import type { Admin } from "@millrace/client/admin";
import { AdminService, type ApiKey } from "@millrace/proto/admin-service";

const PAGE_SIZE = 1_000;

/** Yields every API key, fetched page by page. */
export async function* allKeys(admin: Admin, signal: AbortSignal): AsyncGenerator<ApiKey> {
  let pageToken = "";
  do {
    const request = { pageSize: PAGE_SIZE, pageToken };
    const page = await admin.call(AdminService.method.listApiKeys, request, { signal });
    yield* page.apiKeys;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

/** Finds an API key by its id. Undefined if there is none. */
export async function findKey(
  admin: Admin,
  keyId: string,
  signal: AbortSignal,
): Promise<ApiKey | undefined> {
  for await (const key of allKeys(admin, signal)) if (key.keyId === keyId) return key;
  return undefined;
}
