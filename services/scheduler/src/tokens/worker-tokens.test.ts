import { fixedValue } from "@millrace/runtime";
import { expect, test } from "vitest";
import { requireWorker, workerTokens } from "./worker-tokens.ts";

const showing = (token: string) => ({ get: () => `Bearer ${token}` });
const passOf = (tokens: string, shown: string) =>
  requireWorker(fixedValue(workerTokens(tokens)))(showing(shown));

test("takes a token's name, and its limits on queues and pools", async () => {
  const tokens = "plain, gpu:s3cret;queues=documents images;pools=gpu openai/gpt-5,all:t0ken";
  expect(await passOf(tokens, "plain")).toEqual({ name: "worker" });
  expect(await passOf(tokens, "all:t0ken")).toEqual({ name: "all" });
  expect(await passOf(tokens, "gpu:s3cret")).toEqual({
    ...{ name: "gpu", queues: ["documents", "images"], pools: ["gpu", "openai/gpt-5"] },
  });
});

test.each(["gpu:s3cret;queues=a", "s3cret", "gpu:", ""])(
  "refuses the credential %j",
  async (shown) => {
    await expect(passOf("gpu:s3cret;queues=a", shown)).rejects.toMatchObject({
      reason: "TOKEN_REJECTED",
    });
  },
);

test("accepts every worker for all queues if no token is set", async () => {
  expect(await requireWorker(undefined)(showing("whatever"))).toEqual({ name: "worker" });
});

test.each([
  ["", "token 1 is empty"],
  ["a,;queues=b", "token 2 is empty"],
  ["Gpu:x", "token 1: the name before"],
  ["a;queues=", 'token 1: the part after ";" must be queues=a b or pools=a b'],
  ["a;queue=b", 'token 1: the part after ";"'],
  ["a;queues=B", 'token 1: the part after ";"'],
])("refuses the tokens %j, without repeating them", (text, message) => {
  expect(() => workerTokens(text)).toThrow(message);
});
