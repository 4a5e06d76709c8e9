/** Who may call OpenAI's routes, and in which form they and their neighbours answer. */
import { systemClock as clock } from "@millrace/shared";
import { expect, test } from "vitest";
import { openAiRoutes } from "../../../services/gateway/src/openai/openai-routes.ts";
import { isOpenAiPath } from "../../../services/gateway/src/openai/request-forms.ts";
import type { OpenAiParts } from "../../../services/gateway/src/openai/routes/route-parts.ts";
import { adminOf } from "../../faults/setup.ts";
import { said, startOpenAi } from "./setup.ts";

const { system, provider, call } = await startOpenAi({ MILLRACE_KEY_CACHE_MS: "1000" });
const model = "gpt-test";
const routes = openAiRoutes({ parts: {}, clock } as OpenAiParts);
const missing = "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B";

test.each(routes.map(({ method, path, rpc }) => [method, path, rpc] as const))(
  "%s %s needs an API key",
  async (method, path, rpc) => {
    const held = await call("/v1/responses", { model, input: "a", background: true });
    const jobId = String(held.headers.get("x-millrace-job-id"));
    const token = (await (await call(`/v1/jobs/${jobId}/token`, {})).json()) as { token: string };
    const address = path.replace("{id}", path.startsWith("/v1/files") ? missing : `resp_${jobId}`);
    const as = async (authorization: string) => {
      const answer = await fetch(system.httpUrl + address, { method, headers: { authorization } });
      const { error } = (await answer.json()) as { error?: { code: string } };
      return { status: answer.status, code: error?.code };
    };
    const nobody = { status: 401, code: "invalid_api_key" };
    expect(await as("")).toEqual(nobody);
    expect(await as("Bearer mr_nobody_x")).toEqual(nobody);
    // A token to read a job opens what reads that job, and nothing else.
    const reads = ["getJob", "watchJob"].includes(rpc.localName);
    expect(await as(`Bearer ${token.token}`)).toMatchObject({ status: reads ? 200 : 403 });
  },
);

test("a route that is not served is told, in OpenAI's form, and neighbours keep their own", async () => {
  const told = async (path: string, init: RequestInit = {}) => {
    const answer = await call(path, undefined, init);
    const type = answer.headers.get("content-type");
    return { status: answer.status, type, body: (await answer.json()) as object };
  };
  expect(await told("/v1/moderations")).toMatchObject({
    ...{ status: 404, type: "application/json" },
    body: {
      error: { code: "unknown_url", message: expect.stringContaining("GET /v1/moderations") },
    },
  });
  expect(await told("/v1/chat/completions")).toMatchObject({
    ...{ status: 405, body: { error: { code: "method_not_allowed" } } },
  });
  for (const path of ["/v1/jobs/none", "/v1/nowhere", "/v1/documents/none"]) {
    expect(isOpenAiPath(path)).toBe(false);
    expect(await told(path)).toMatchObject({ status: 404, type: "application/problem+json" });
  }
});

test("a revoked key ends its streams", async () => {
  const apiKey = await system.createApiKey("revoked");
  const headers = { authorization: `Bearer ${apiKey}` };
  const body = { model, stream: true, messages: said("hold") };
  const answer = call("/v1/chat/completions", body, { headers });
  const held = await provider.next();
  held.send({ choices: [{ index: 0, delta: { content: "a" } }] });
  const text = (await answer).text();
  const [, keyId] = apiKey.split("_");
  await adminOf(system).revokeApiKey({ keyId: String(keyId) });
  expect(await text).toContain('"code":"invalid_api_key"');
  await held.left;
});
