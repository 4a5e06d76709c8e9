import { expect, test } from "vitest";
import { requireToken } from "./internal-token.ts";

const showing = (authorization?: string) => ({
  get: (name: string) => (name === "authorization" ? authorization : undefined),
});
const refused = { reason: "TOKEN_REJECTED" };

test("the token lets in, and another or none does not", async () => {
  const check = requireToken("right");
  await expect(check(showing("Bearer right"))).resolves.toBeUndefined();
  await expect(check(showing("Bearer wrong"))).rejects.toMatchObject(refused);
  await expect(check(showing())).rejects.toMatchObject(refused);
});

test("where no token is set every call is let in", async () => {
  await expect(requireToken(undefined)(showing())).resolves.toBeUndefined();
});
