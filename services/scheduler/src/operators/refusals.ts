import { rpcError } from "@millrace/runtime";

export const accountNotFound = (name: string) =>
  rpcError({
    reason: "ACCOUNT_NOT_FOUND",
    message: `there is no provider account ${name}`,
  });

/** The etag of a request is not that of what is stored now. */
export const changedMeanwhile = (what: string) =>
  rpcError({
    reason: "CHANGED_MEANWHILE",
    message: `${what} was changed since it was read: read it again`,
  });
