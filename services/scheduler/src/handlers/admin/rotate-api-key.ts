import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { formatApiKey, hashSecret, newApiKey, type Random } from "@millrace/shared";
import { apiKeyMessage } from "./api-key-message.ts";
import { existingKey, keyIdOf } from "./existing-key.ts";

const DEFAULT_GRACE_MS = 24 * 3_600_000;

/** As CreateApiKey, the reply is the only place where the new secret is shown. */
export const rotateApiKey =
  (
    engine: {
      readonly apiKeys: Pick<Engine["apiKeys"], "rotate">;
      readonly keyBudgets: Pick<Engine["keyBudgets"], "get">;
    },
    random: Random,
  ): Handler<(typeof AdminService)["method"]["rotateApiKey"], undefined> =>
  async ({ keyId, grace }) => {
    const id = keyIdOf(keyId);
    const { secret } = newApiKey(random);
    const graceMs = grace === undefined ? DEFAULT_GRACE_MS : durationMs(grace);
    const key = existingKey(id, await engine.apiKeys.rotate(id, hashSecret(secret), graceMs));
    if (key.revokedMs !== undefined) {
      throw rpcError({
        reason: "ILLEGAL_TRANSITION",
        message: `API key ${keyId} is revoked for good: make a new one`,
      });
    }
    const apiKey = apiKeyMessage(key, await engine.keyBudgets.get(id));
    return { apiKey, key: formatApiKey({ keyId: id, secret }) };
  };
