import { toJson } from "@bufbuild/protobuf";
import { type ApiKey, ApiKeySchema } from "@millrace/proto/admin-service";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { timeText } from "../times.ts";
import { budgetCells, budgetHead } from "./budget.ts";

/** With `stores`, the table also shows how many bytes each key's jobs take. Only ListApiKeys reports that. */
export const keyTable = (keys: readonly ApiKey[], stores = false): string =>
  table(
    ["KEY ID", "NAME", "STATE", "CREATED", ...(stores ? ["STORES"] : []), ...budgetHead],
    keys.map((key) => [
      key.keyId,
      key.name,
      key.revokeTime === undefined ? "active" : "revoked",
      timeText(key.createTime) ?? "",
      ...(stores ? [String(key.storedBytes)] : []),
      ...budgetCells(key.budget),
    ]),
  );

/**
 * Prints a key with its new secret. Only the key goes to standard output, so a file can hold it without anyone
 * seeing it.
 */
export function showSecret(
  shell: Shell,
  { json = false }: { readonly json?: boolean },
  apiKey: ApiKey,
  key: string,
): void {
  if (json) {
    const message = toJson(ApiKeySchema, apiKey, { alwaysEmitImplicit: true });
    writeJson(shell, { apiKey: message, key });
    return;
  }
  writeText(shell, key);
  note(shell, `API key ${apiKey.keyId} (${apiKey.name}). Its secret is shown only once.`);
  if (apiKey.oldSecretExpireTime !== undefined) {
    note(shell, `The old secret works until ${timeText(apiKey.oldSecretExpireTime)}.`);
  }
}
