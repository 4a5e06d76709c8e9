import { durationMs } from "@bufbuild/protobuf/wkt";
import type { ApiKeyRecord, Engine } from "@millrace/engine";
import { RotateApiKeyRequestSchema } from "@millrace/proto/admin-service";
import { rpcError } from "@millrace/runtime";
import { formatApiKey, hashSecret, newApiKey, type Random } from "@millrace/shared";
import { apiKeyMessage } from "../../messages/api-key-message.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { existingKey, keyIdOf } from "../../operators/existing-key.ts";
import type { RecordChange } from "../../operators/record-change.ts";

const DEFAULT_GRACE_MS = 24 * 3_600_000;

/** Replaces a key's secret. As with CreateApiKey, only the reply shows the new secret. */
export const rotateApiKey =
  (
    engine: {
      readonly apiKeys: Pick<Engine["apiKeys"], "get" | "rotate">;
      readonly keyBudgets: Pick<Engine["keyBudgets"], "get">;
    },
    record: RecordChange,
    random: Random,
  ): AdminHandler<"rotateApiKey"> =>
  async (request, { identity: by }) => {
    const { keyId, grace } = request;
    const id = keyIdOf(keyId);
    assertActive(existingKey(id, await engine.apiKeys.get(id)));
    const { secret } = newApiKey(random);
    const graceMs = grace === undefined ? DEFAULT_GRACE_MS : durationMs(grace);
    const change = { by, action: "RotateApiKey", subject: keyId, request };
    const key = await record({ ...change, schema: RotateApiKeyRequestSchema }, async () => {
      const rotated = await engine.apiKeys.rotate(id, hashSecret(secret), graceMs);
      return assertActive(existingKey(id, rotated));
    });
    const apiKey = apiKeyMessage(key, await engine.keyBudgets.get(id));
    return { apiKey, key: formatApiKey({ keyId: id, secret }) };
  };

function assertActive(key: ApiKeyRecord): ApiKeyRecord {
  if (key.revokedMs === undefined) return key;
  throw rpcError({
    reason: "ILLEGAL_TRANSITION",
    message: `API key ${key.keyId} is revoked for good: create a new one`,
  });
}
