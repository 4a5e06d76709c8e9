import { toJson } from "@bufbuild/protobuf";
import { type ApiKey, ApiKeySchema, type BudgetUse } from "@millrace/proto/admin-service";
import { ConstraintKind } from "@millrace/proto/job-service";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { timeText } from "../times.ts";
import { budgetCells, budgetHead } from "./budget.ts";

/** The limit of which the largest part is used now. */
function mostUsed(uses: readonly BudgetUse[]): string {
  const [most] = uses
    .filter(({ limit }) => limit > 0n)
    .map(({ kind, used, limit }) => ({ kind, percent: (100 * Number(used)) / Number(limit) }))
    .sort((a, b) => b.percent - a.percent);
  return most === undefined ? "-" : `${Math.round(most.percent)}% ${ConstraintKind[most.kind]}`;
}

/**
 * With `stores`, the table also shows how many bytes each key's jobs take, and the limit that is used most. Only
 * ListApiKeys reports these.
 */
export const keyTable = (keys: readonly ApiKey[], stores = false): string =>
  table(
    ["KEY ID", "NAME", "STATE", "CREATED", ...(stores ? ["STORES", "USED"] : []), ...budgetHead],
    keys.map((key) => [
      key.keyId,
      key.name,
      key.revokeTime === undefined ? "active" : "revoked",
      timeText(key.createTime) ?? "",
      ...(stores ? [String(key.storedBytes), mostUsed(key.budgetUse)] : []),
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
