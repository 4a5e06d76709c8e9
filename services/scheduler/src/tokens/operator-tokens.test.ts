import { fixedValue } from "@millrace/runtime";
import { expect, test } from "vitest";
import { operatorTokens, requireOperator } from "./operator-tokens.ts";

const showing = (authorization?: string) => ({
  get: (name: string) => (name === "authorization" ? authorization : undefined),
});
const call = (name: string) => `/millrace.admin.v1.AdminService/${name}`;
const operatorName = async (tokens: string | undefined, shown?: string, rpc = "PauseQueue") =>
  (
    await requireOperator(tokens === undefined ? undefined : fixedValue(operatorTokens(tokens)))(
      showing(shown),
      call(rpc),
    )
  ).name;

test("a reader may look and change nothing, and sends its token without the role", async () => {
  const tokens = "anna:s3cret,rita:t0ken;role=reader,omar:other;role=operator";
  expect(await operatorName(tokens, "Bearer rita:t0ken", "ListQueues")).toBe("rita");
  await expect(operatorName(tokens, "Bearer rita:t0ken")).rejects.toMatchObject({
    ...{ reason: "NOT_ALLOWED", message: expect.stringContaining('"rita" may only look') },
  });
  expect(await operatorName(tokens, "Bearer omar:other")).toBe("omar");
  await expect(
    operatorName(tokens, "Bearer rita:t0ken;role=reader", "ListQueues"),
  ).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
});

test("identifies an operator by the token's name, or as admin if it has none", async () => {
  const tokens = "anna:s3cret, ci:other,plain";
  expect(await operatorName(tokens, "Bearer anna:s3cret")).toBe("anna");
  expect(await operatorName(tokens, "Bearer ci:other")).toBe("ci");
  expect(await operatorName(tokens, "Bearer plain")).toBe("admin");
});

test.each([
  undefined,
  "",
  "Bearer ",
  "anna:s3cret",
  "Bearer s3cret",
  "Bearer anna:",
  "Bearer anna:s3cret,ci:other",
])("refuses the credential %j", async (shown) => {
  await expect(operatorName("anna:s3cret,ci:other", shown)).rejects.toMatchObject({
    ...{
      reason: "UNAUTHENTICATED",
      message: expect.stringContaining("the operator's token is missing or wrong"),
    },
  });
});

test("accepts everyone without a name if no tokens are set", async () => {
  expect(await operatorName(undefined)).toBe("anonymous");
  expect(await operatorName(undefined, "Bearer whatever")).toBe("anonymous");
});

test("accepts two tokens with one name during a rotation", async () => {
  expect(await operatorName("anna:old,anna:new", "Bearer anna:old")).toBe("anna");
  expect(await operatorName("anna:old,anna:new", "Bearer anna:new")).toBe("anna");
});

test.each([
  ["", "token 1 is empty"],
  ["a,", "token 2 is empty"],
  ["anna:", "token 1 is empty"],
  ["Anna:x", "token 1: the name before"],
  [":x", "token 1: the name before"],
  ["a,config:x", '"config" is reserved'],
  ["anonymous:x", '"anonymous" is reserved'],
  ["provider:x", '"provider" is reserved'],
  ["a:x;role=writer", "token 1: the role after"],
  ["a:;role=reader", "token 1 is empty"],
])("refuses the tokens %j", (text, message) => {
  expect(() => operatorTokens(text)).toThrow(message);
});
