import type { ProviderAccountStatus } from "../accounts/contract.ts";

/** How many jobs of an account's pool may start now, if each reserves at least `tokens`. */
export function accountRoom(status: ProviderAccountStatus, tokens: number, nowMs: number): number {
  const { account, state, running, requestsUsed, tokensUsed } = status;
  if (state === "COOLING_DOWN" || state === "EXHAUSTED") return 0;
  // One job probes the provider. Without a worker for it the account would stay as it is for ever.
  if (state === "HALF_OPEN") return (status.coolUntilMs ?? 0) <= nowMs ? 1 : 0;
  const within = (limit: number | undefined, used: number, each: number) =>
    limit === undefined ? Number.POSITIVE_INFINITY : Math.floor((limit - used) / each);
  const each = Math.max(1, Math.min(tokens, account.tokensPerMinute ?? tokens));
  return Math.max(
    0,
    Math.min(
      within(status.runningLimit, running, 1),
      within(account.requestsPerMinute, requestsUsed, 1),
      within(account.tokensPerMinute, tokensUsed, each),
    ),
  );
}
