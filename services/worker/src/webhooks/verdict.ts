import { DestinationRefused } from "@millrace/destinations";
import { retryAfterMs } from "@millrace/shared";
import { type PostAnswer, PostTimeout } from "./post.ts";

/** What a request came to. `outcome` is a label of a metric, so it has few values. */
export type Verdict = { readonly outcome: string } & (
  | { readonly kind: "delivered" }
  | {
      readonly kind: "failed";
      readonly reason: WebhookReason;
      /** For the owner of the URL. It names the host alone, because the rest of a URL may be secret. */
      readonly message: string;
      readonly retryable: boolean;
      /** The wait that the receiver asks for, if its status says that it has too many requests. */
      readonly askedMs?: number;
    }
);

export type WebhookReason =
  | "WEBHOOK_STATUS"
  | "WEBHOOK_GONE"
  | "WEBHOOK_REDIRECT"
  | "WEBHOOK_TIMEOUT"
  | "WEBHOOK_UNREACHABLE"
  | "WEBHOOK_DESTINATION_REFUSED";

/** The statuses of a receiver that has too many requests. Its endpoint then cools down, and no attempt is spent. */
export const isBusy = (status: number): boolean => [429, 503, 529].includes(status);

/** Judges an answer: 2xx is success, and 410 means that the receiver wants no more (Standard Webhooks 1.0). */
export function verdictOn(
  { status, retryAfter }: PostAnswer,
  host: string,
  nowMs: number,
): Verdict {
  if (status >= 200 && status < 300) return { kind: "delivered", outcome: "delivered" };
  const failed = { kind: "failed", retryable: true } as const;
  if (status === 410) {
    const message = `${host} answered 410: it wants no more events.`;
    return { ...failed, outcome: "gone", reason: "WEBHOOK_GONE", message, retryable: false };
  }
  if (status >= 300 && status < 400) {
    const message = `${host} answered ${status}. Redirects are not followed: give the final URL to the endpoint.`;
    return { ...failed, outcome: "redirect", reason: "WEBHOOK_REDIRECT", message };
  }
  const askedMs = isBusy(status) ? retryAfterMs(retryAfter, nowMs) : undefined;
  return {
    ...{ ...failed, reason: "WEBHOOK_STATUS", message: `${host} answered ${status}.` },
    outcome: isBusy(status) ? "busy" : status < 500 ? "client_error" : "server_error",
    ...(askedMs === undefined ? {} : { askedMs }),
  };
}

/** Judges the error of a request that was not answered. */
export function verdictOnError(error: unknown, host: string): Verdict {
  const failed = { kind: "failed", retryable: true } as const;
  if (error instanceof DestinationRefused) {
    const reason = "WEBHOOK_DESTINATION_REFUSED";
    return { ...failed, outcome: "refused", reason, message: `${error.message}.` };
  }
  if (error instanceof PostTimeout) {
    const message = `${host} did not answer in time.`;
    return { ...failed, outcome: "timeout", reason: "WEBHOOK_TIMEOUT", message };
  }
  // The message of a connection's error names its address, which may be known in the operator's network only.
  const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
  const message = `There was no valid HTTP answer from ${host}${code}.`;
  return { ...failed, outcome: "unreachable", reason: "WEBHOOK_UNREACHABLE", message };
}
