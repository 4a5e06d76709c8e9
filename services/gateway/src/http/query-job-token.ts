import type { QueryCredential } from "@millrace/runtime";
import { looksLikeJobToken } from "@millrace/shared";

/** Routes that read one job also take its token from the query. An API key in an address is never accepted. */
export const queryJobToken: QueryCredential = {
  parameter: "token",
  accepts: looksLikeJobToken,
};
