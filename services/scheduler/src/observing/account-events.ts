import type { AccountEvent, ChangeLog } from "@millrace/engine";
import { jsonText } from "@millrace/shared";
import type { Logger } from "@millrace/telemetry";
import { provider } from "../tokens/operator-tokens.ts";
import { isEndpointPool } from "../webhooks/endpoint-circuits.ts";

/** What an event is, in a log line, and its level: what stops jobs is a warning. */
const lines = {
  CoolingDown: ["warn", "a provider account is cooling down"],
  HalfOpen: ["info", "a provider account's cool-down is over, and a job probes the provider"],
  Closed: ["info", "a provider account works again"],
  Exhausted: [
    "error",
    "a provider account's quota is used up: reset the account once it is refilled",
  ],
  LimitHalved: ["warn", "a provider's refusal has lowered the number of jobs that may run"],
  Reset: ["info", "a provider account was reset"],
} as const satisfies Record<AccountEvent["kind"], readonly ["info" | "warn" | "error", string]>;

/** Logs each change of a provider account's state, and writes those to the change log that nobody made. */
export const accountEvents =
  (log: Logger, changeLog: () => Pick<ChangeLog, "appendEvent">) =>
  ({ account, kind, atMs: _, coolUntilMs, runningLimit, said, ...rest }: AccountEvent): void => {
    const details = {
      ...rest,
      ...(coolUntilMs === undefined ? {} : { until: new Date(coolUntilMs).toISOString() }),
      ...(runningLimit === undefined ? {} : { running_limit: runningLimit }),
      ...(said === undefined ? {} : { http_status: said.httpStatus, said: said.message }),
    };
    if (isEndpointPool(account)) {
      // The owner of a webhook endpoint sees its state. Operators see how many requests fail.
      log.debug({ pool: account, ...details }, `a webhook endpoint's requests: ${kind}`);
      return;
    }
    const [level, text] = lines[kind];
    log[level]({ account, ...details }, text);
    // The call that resets an account is in the change log by the operator's name.
    if (kind === "Reset") return;
    const event = { actor: provider.name, action: kind, subject: account };
    changeLog()
      .appendEvent({ ...event, detailJson: jsonText(details) })
      .catch((error: unknown) => {
        log.warn({ error, account }, "a provider account's change could not be recorded");
      });
  };
