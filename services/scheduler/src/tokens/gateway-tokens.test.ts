import { fixedValue } from "@millrace/runtime";
import { expect, test } from "vitest";
import { type GatewayTokens, gatewayTokens, requireGateway } from "./gateway-tokens.ts";

const showing = (authorization?: string) => ({
  get: (name: string) => (name === "authorization" ? authorization : undefined),
});
const refused = { reason: "TOKEN_REJECTED" };

test("accepts the token, and refuses another or none", async () => {
  const check = requireGateway(fixedValue(gatewayTokens("right")));
  await expect(check(showing("Bearer right"))).resolves.toBeUndefined();
  await expect(check(showing("Bearer wrong"))).rejects.toMatchObject(refused);
  await expect(check(showing())).rejects.toMatchObject(refused);
});

test("accepts every call if no token is set", async () => {
  await expect(requireGateway(undefined)(showing())).resolves.toBeUndefined();
});

test("accepts the old and the new token during a rotation, and afterwards only the new one", async () => {
  let renew: ((tokens: GatewayTokens) => void) | undefined;
  const check = requireGateway({
    current: gatewayTokens("old,new"),
    onReplaced: (listener) => {
      renew = listener;
    },
  });
  await expect(check(showing("Bearer old"))).resolves.toBeUndefined();
  await expect(check(showing("Bearer new"))).resolves.toBeUndefined();
  await expect(check(showing("Bearer old,new"))).rejects.toMatchObject(refused);
  renew?.(gatewayTokens("new"));
  await expect(check(showing("Bearer old"))).rejects.toMatchObject(refused);
  await expect(check(showing("Bearer new"))).resolves.toBeUndefined();
});

test.each(["", "a,", "a,,b", "a\n\nb"])("refuses %j, which contains an empty token", (text) => {
  expect(() => gatewayTokens(text)).toThrow("is empty");
});
