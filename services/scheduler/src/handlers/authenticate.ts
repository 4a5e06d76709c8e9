import { timingSafeEqual } from "node:crypto";
import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { type Clock, isKeyId } from "@millrace/shared";

const hashesMatch = (hash: Buffer, shown: Uint8Array): boolean =>
  hash.length === shown.length && timingSafeEqual(hash, shown);

/**
 * Checks an API key. An unknown key, a wrong secret and a revoked key get the same answer, so that the answer does not
 * tell which key ids exist.
 */
export const authenticate =
  (
    engine: {
      readonly apiKeys: Pick<Engine["apiKeys"], "get">;
      readonly keyBudgets: Pick<Engine["keyBudgets"], "get">;
    },
    clock: Clock,
  ): Handler<(typeof SchedulerService)["method"]["authenticate"], undefined> =>
  async ({ keyId, secretSha256 }) => {
    const key = isKeyId(keyId) ? await engine.apiKeys.get(keyId) : undefined;
    const old = key?.oldSecret;
    const valid =
      key !== undefined &&
      key.revokedMs === undefined &&
      (hashesMatch(key.secretHash, secretSha256) ||
        (old !== undefined &&
          clock.nowMs() < old.expiresMs &&
          hashesMatch(old.hash, secretSha256)));
    if (!valid) throw rpcError({ reason: "UNAUTHENTICATED", message: "the API key is not valid" });
    const { maxStoredBytes } = (await engine.keyBudgets.get(key.keyId)) ?? {};
    const bound = maxStoredBytes === undefined ? {} : { maxStoredBytes: BigInt(maxStoredBytes) };
    return { name: key.name, ...bound };
  };
