import { create } from "@bufbuild/protobuf";
import type { ApiKeyRecord, KeyBudget } from "@millrace/engine";
import { type ApiKey, ApiKeySchema } from "@millrace/proto/admin-service";
import { timestampOf } from "@millrace/runtime";
import { keyEtag } from "./etag.ts";
import { budgetMessage } from "./key-budget-message.ts";

/** An API key as operators see it, without its secret. */
export function apiKeyMessage(key: ApiKeyRecord, budget: KeyBudget | undefined): ApiKey {
  const message = create(ApiKeySchema, {
    keyId: key.keyId,
    name: key.name,
    createTime: timestampOf(key.createdMs),
    ...(key.revokedMs === undefined ? {} : { revokeTime: timestampOf(key.revokedMs) }),
    ...(key.oldSecret && { oldSecretExpireTime: timestampOf(key.oldSecret.expiresMs) }),
    budget: budgetMessage(budget ?? {}),
  });
  message.etag = keyEtag(message);
  return message;
}
