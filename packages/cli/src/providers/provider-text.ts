import {
  type ProviderAccountStatus,
  type ProviderRefusal,
  ProviderState,
} from "@millrace/proto/admin-service";
import { cutChars } from "@millrace/shared";
import { table } from "../table.ts";
import { timeText } from "../times.ts";

const usedOf = (used: number | bigint, limit: number | bigint | undefined): string =>
  `${used}/${limit ?? "-"}`;

/** The longest part of what a provider said that the table shows. `--json` prints all of it. */
const SAID_CHARS = 60;

function refusalText(refusal: ProviderRefusal | undefined): string {
  if (refusal === undefined) return "";
  const { httpStatus, message } = refusal;
  return `${httpStatus === 0 ? "no answer" : httpStatus}: ${cutChars(message, SAID_CHARS)}`;
}

export const providerTable = (accounts: readonly ProviderAccountStatus[]): string =>
  table(
    [
      "ACCOUNT",
      "STATE",
      "WHY",
      "SINCE",
      "NEXT TRY",
      "REQ/MIN",
      "TOK/MIN",
      "RUNNING",
      "LIMIT NOW",
      "LAST REFUSAL",
    ],
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
      refusalText(status.lastRefusal),
    ]),
  );
