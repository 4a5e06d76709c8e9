import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ApiKeyRecord } from "@millrace/engine";
import { type ApiKey, ApiKeySchema, type KeyBudget } from "@millrace/proto/admin-service";
import { rpcError } from "@millrace/runtime";

/** An API key as operators see it: nothing of its secret. */
export const apiKeyMessage = (key: ApiKeyRecord): ApiKey =>
  create(ApiKeySchema, {
    keyId: key.keyId,
    name: key.name,
    createTime: timestampFromMs(key.createdMs),
    ...(key.revokedMs === undefined ? {} : { revokeTime: timestampFromMs(key.revokedMs) }),
    ...(key.oldSecret && { oldSecretExpireTime: timestampFromMs(key.oldSecret.expiresMs) }),
  });

/** A budget that is stored and not kept would be worse than none. */
export function refuseBudget(budget: KeyBudget | undefined): void {
  if (budget === undefined) return;
  throw rpcError({
    reason: "NOT_IMPLEMENTED",
    message: "budgets of API keys are not kept yet: leave `budget` out",
  });
}
