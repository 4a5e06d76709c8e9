import { rpcError } from "@millrace/runtime";

export const accountNotFound = (name: string) =>
  rpcError({
    reason: "ACCOUNT_NOT_FOUND",
    message: `there is no provider account ${name}`,
  });

/** The request's etag differs from the etag of what is stored. */
export const changedMeanwhile = (what: string) =>
  rpcError({
    reason: "CHANGED_MEANWHILE",
    message: `${what} was changed after you read it: read it again, and repeat your change`,
  });
