import type { DestinationPolicy } from "@millrace/destinations";
import type { UrlProblem } from "./receiver-rules.ts";

/** Says why a policy refuses a URL. */
export const urlProblemOf =
  (policy: Pick<DestinationPolicy, "checkUrl">): UrlProblem =>
  (url) => {
    const verdict = policy.checkUrl(url);
    return verdict.kind === "refused" ? verdict.message : undefined;
  };
