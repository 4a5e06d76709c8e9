import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { systemClock } from "@millrace/shared";
import { expect, onTestFinished, test } from "vitest";
import { openAiProvider } from "../src/providers/openai.ts";
import { ProviderFault } from "../src/providers/provider.ts";

async function setup(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const provider = openAiProvider({ baseUrl, apiKey: "k", model: "m", clock: systemClock });
  const stop = new AbortController();
  const messages = [{ role: "user" as const, content: "hi" }];
  return { stop, completion: provider.complete({ messages, maxTokens: 9, signal: stop.signal }) };
}

const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
const delta = (content: string) => event({ choices: [{ index: 0, delta: { content } }] });

test("streams the answer and reports what the provider counted", async () => {
  const { completion } = await setup((_, response) => {
    const usage = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 };
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`${delta("Hel")}${delta("lo")}${event({ choices: [], usage })}data: [DONE]\n\n`);
  });
  expect(await Readable.from(completion.text).toArray()).toEqual(["Hel", "lo"]);
  expect(completion.usage()).toEqual({ inputTokens: 7, outputTokens: 2, providerCalls: 1 });
});

test.each([
  [429, "rate_limit_exceeded", true, false],
  [429, "insufficient_quota", false, true],
  [503, "overloaded", true, false],
  [529, "overloaded", true, false],
  [401, "invalid_api_key", false, false],
  [400, "bad_request", false, false],
])(
  "%i %s: retryable %s, quota exhausted %s",
  async (httpStatus, code, retryable, quotaExhausted) => {
    let calls = 0;
    const { completion } = await setup((_, response) => {
      calls += 1;
      const headers = { "retry-after": "3", "x-ratelimit-remaining-requests": "0" };
      response.writeHead(httpStatus, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify({ error: { message: "no", code } }));
    });
    const error = await Readable.from(completion.text)
      .toArray()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderFault);
    expect((error as ProviderFault).details).toEqual({
      ...{ httpStatus, retryable, quotaExhausted, retryAfterMs: 3_000 },
      rateLimitHeaders: { "x-ratelimit-remaining-requests": "0" },
    });
    expect(calls).toBe(1);
  },
);

test("a provider that cannot be reached is a fault that may pass", async () => {
  const { completion } = await setup((request) => request.socket.destroy());
  const error = await Readable.from(completion.text)
    .toArray()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ details: { retryable: true, httpStatus: 0 } });
});

test("a stop ends the call in mid-stream with the stop's own reason", async () => {
  const { completion, stop } = await setup((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(delta("first"));
  });
  const reading = async () => {
    for await (const _ of completion.text) stop.abort(new Error("stop"));
  };
  await expect(reading()).rejects.toThrow("stop");
});
