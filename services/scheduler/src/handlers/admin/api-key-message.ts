import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ApiKeyRecord, KeyBudget } from "@millrace/engine";
import { type ApiKey, ApiKeySchema } from "@millrace/proto/admin-service";
import { keyEtag } from "./etag.ts";
import { budgetMessage } from "./key-budget-message.ts";

/** An API key as operators see it: nothing of its secret. */
export function apiKeyMessage(key: ApiKeyRecord, budget: KeyBudget | undefined): ApiKey {
  const message = create(ApiKeySchema, {
    keyId: key.keyId,
    name: key.name,
    createTime: timestampFromMs(key.createdMs),
    ...(key.revokedMs === undefined ? {} : { revokeTime: timestampFromMs(key.revokedMs) }),
    ...(key.oldSecret && { oldSecretExpireTime: timestampFromMs(key.oldSecret.expiresMs) }),
    budget: budgetMessage(budget ?? {}),
  });
  message.etag = keyEtag(message);
  return message;
}
