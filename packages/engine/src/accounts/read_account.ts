import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asOptionalNumber, asText, unexpectedReply } from "../redis/reply.ts";
import type { ProviderAccountState, ProviderAccountStatus } from "./contract.ts";

export interface AccountReading {
  readonly state: ProviderAccountState;
  readonly coolUntilMs?: number;
  readonly coolDownSinceMs?: number;
  readonly coolDownReason?: "refused" | "failed";
  readonly failures: number;
  readonly lastFailureMs?: number;
  readonly lastCoolDownMs?: number;
  readonly running: number;
  readonly runningLimit?: number;
  readonly requestsUsed: number;
  readonly tokensUsed: number;
  readonly lastRefusal?: NonNullable<ProviderAccountStatus["lastRefusal"]>;
  /** When one request or token is free again, if all are used up. */
  readonly requestsClearMs?: number;
  readonly tokensClearMs?: number;
}

const states: Readonly<Record<string, ProviderAccountState>> = {
  "": "CLOSED",
  cool: "COOLING_DOWN",
  half: "HALF_OPEN",
  exhausted: "EXHAUSTED",
};

export const readAccount = defineScript<{ readonly nowMs: number }, AccountReading>(
  import.meta.url,
  {
    name: "read_account",
    argv: ["now_ms"],
    encode: ({ nowMs }) => [nowMs],
    decode(reply) {
      const [word, ...rest] = asList(reply);
      const state = states[asText(word)];
      if (state === undefined) return unexpectedReply("read_account", word);
      const [
        cool,
        running,
        limit,
        requests,
        tokens,
        requestsClear,
        tokensClear,
        since,
        why,
        failures,
        refusal,
        lastFailure,
        lastCoolDown,
      ] = rest;
      const cooling = state === "COOLING_DOWN" || state === "HALF_OPEN";
      const optional = <Name extends string>(name: Name, value: unknown) => {
        const number = asOptionalNumber(value);
        return number === undefined ? {} : ({ [name]: number } as Record<Name, number>);
      };
      return {
        state,
        ...(cooling ? optional("coolUntilMs", cool) : {}),
        ...(cooling ? optional("coolDownSinceMs", since) : {}),
        ...(cooling ? { coolDownReason: why === "failed" ? "failed" : "refused" } : {}),
        failures: asNumber(failures),
        ...optional("lastFailureMs", lastFailure),
        ...optional("lastCoolDownMs", lastCoolDown),
        running: asNumber(running),
        ...optional("runningLimit", limit),
        requestsUsed: asNumber(requests),
        tokensUsed: asNumber(tokens),
        ...optional("requestsClearMs", requestsClear),
        ...optional("tokensClearMs", tokensClear),
        ...refusalIn(asText(refusal)),
      };
    },
  },
);

function refusalIn(text: string): Pick<AccountReading, "lastRefusal"> {
  const [, atMs, status, message = ""] = /^(\d+) (\d+) (.+)$/s.exec(text) ?? [];
  if (atMs === undefined) return {};
  return { lastRefusal: { atMs: Number(atMs), httpStatus: Number(status), message } };
}
