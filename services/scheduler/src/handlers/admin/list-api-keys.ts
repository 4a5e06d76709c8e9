import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isKeyId } from "@millrace/shared";
import { apiKeyMessage } from "./api-key-message.ts";

const DEFAULT_PAGE_SIZE = 100;

/** A page's token is the last key id of the page before: what is made or revoked meanwhile moves nothing. */
export const listApiKeys =
  (engine: {
    readonly apiKeys: Pick<Engine["apiKeys"], "list">;
  }): Handler<(typeof AdminService)["method"]["listApiKeys"], undefined> =>
  async ({ pageSize, pageToken }) => {
    if (pageToken !== "" && !isKeyId(pageToken)) {
      const description = "not a token that ListApiKeys gave";
      throw rpcError({
        reason: "MALFORMED",
        message: `page_token: ${description}`,
        violations: [{ field: "page_token", description }],
      });
    }
    const rest = (await engine.apiKeys.list()).filter(({ keyId }) => keyId > pageToken);
    const page = rest.slice(0, pageSize || DEFAULT_PAGE_SIZE);
    const more = page.length < rest.length;
    return {
      apiKeys: page.map(apiKeyMessage),
      nextPageToken: more ? (page.at(-1)?.keyId ?? "") : "",
    };
  };
