import type { ModelPut } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";

export const accountNotFound = (name: string) =>
  rpcError({
    reason: "ACCOUNT_NOT_FOUND",
    message: `there is no provider account ${name}`,
  });

/** `nearest`: similar names, which the message suggests. */
export const modelNotFound = (name: string, nearest: readonly string[] = []) =>
  rpcError({
    reason: "MODEL_NOT_FOUND",
    message: `there is no model ${name}${nearest.length === 0 ? "" : ` (similar: ${nearest.join(", ")})`}`,
  });

/** Why a model was not stored. */
export function modelRefused(name: string, put: Exclude<ModelPut, { readonly kind: "stored" }>) {
  switch (put.kind) {
    case "nameTaken":
      return rpcError({
        reason: "MODEL_NAME_TAKEN",
        message: `model ${put.by} has ${put.name} as its name or as an alias: use another name for ${name}, or change ${put.by} first`,
        metadata: { name: put.name, by: put.by },
      });
    case "catalogueFull":
      return rpcError({
        reason: "CATALOGUE_FULL",
        message: `the catalogue has ${put.limit} models, the most that it may have: remove one first`,
        metadata: { limit: String(put.limit) },
      });
    case "changed":
      return changedMeanwhile(`model ${name}`);
  }
}

/** The request's etag differs from the etag of what is stored. */
export const changedMeanwhile = (what: string) =>
  rpcError({
    reason: "CHANGED_MEANWHILE",
    message: `${what} was changed after you read it: read it again, and repeat your change`,
  });
