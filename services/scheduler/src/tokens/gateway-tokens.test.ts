import { fixedValue } from "@millrace/runtime";
import { expect, test } from "vitest";
import { type GatewayTokens, gatewayTokens, requireGateway } from "./gateway-tokens.ts";

const showing = (authorization?: string) => ({
  get: (name: string) => (name === "authorization" ? authorization : undefined),
});
const refused = { reason: "TOKEN_REJECTED" };

test("the token lets in, and another or none does not", async () => {
  const check = requireGateway(fixedValue(gatewayTokens("right")));
  await expect(check(showing("Bearer right"))).resolves.toBeUndefined();
  await expect(check(showing("Bearer wrong"))).rejects.toMatchObject(refused);
  await expect(check(showing())).rejects.toMatchObject(refused);
});

test("where no token is set every call is let in", async () => {
  await expect(requireGateway(undefined)(showing())).resolves.toBeUndefined();
});

test("while a token is rotated, the old and the new one let in; afterwards the old one does not", async () => {
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

test.each(["", "a,", "a,,b", "a\n\nb"])("%j is refused: one of its tokens is empty", (text) => {
  expect(() => gatewayTokens(text)).toThrow("is empty");
});
