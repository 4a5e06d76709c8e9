import { type ProviderAccountStatus, ProviderState } from "@millrace/proto/admin-service";
import { table } from "../table.ts";
import { timeText } from "../times.ts";

const usedOf = (used: number | bigint, limit: number | bigint | undefined): string =>
  `${used}/${limit ?? "-"}`;

export const providerTable = (accounts: readonly ProviderAccountStatus[]): string =>
  table(
    ["ACCOUNT", "STATE", "WHY", "SINCE", "NEXT TRY", "REQ/MIN", "TOK/MIN", "RUNNING", "LIMIT NOW"],
    accounts.map(({ account, state, coolUntil, pausedSince, providerDown, ...status }) => [
      account?.name ?? "",
      ProviderState[state],
      pausedSince === undefined ? "" : providerDown ? "DOWN" : "REFUSED",
      timeText(pausedSince) ?? "",
      timeText(coolUntil) ?? "",
      usedOf(status.requestsUsed, account?.requestsPerMinute),
      usedOf(status.tokensUsed, account?.tokensPerMinute),
      usedOf(status.running, account?.maxRunning),
      status.runningLimit === 0 ? "-" : String(status.runningLimit),
    ]),
  );
