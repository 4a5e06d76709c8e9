/** Chat completions, embeddings and models through the official SDKs, unchanged, in front of real processes. */
import { connectMillrace } from "@millrace/client";
import { expect, onTestFinished, test } from "vitest";
import { chunks, completion } from "./answers.ts";
import { clients, said, startOpenAi, untilTestEnds } from "./setup.ts";

const { system, provider, clientOf, call } = await startOpenAi();
const model = "gpt-test";

const millrace = () => {
  const client = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  onTestFinished(() => client.close());
  return client;
};
const jobOf = (response: Response) => String(response.headers.get("x-millrace-job-id"));

const sdks = Object.entries(clients);

test.each(sdks)("%s: a chat completion is the provider's own object", async (_, Client) => {
  const { data, response, request_id } = await clientOf(Client)
    .chat.completions.create({ model, messages: said("Call me Ishmael."), seed: 7 })
    .withResponse();
  expect(data).toMatchObject(completion("You said: Call me Ishmael."));
  expect(request_id).toMatch(/^req_[0-9a-f]{32}$/);
  const job = await millrace().getJob(jobOf(response));
  expect(job).toMatchObject({ type: "chat.completions", state: "SUCCEEDED" });
});

test.each(sdks)(
  "%s: a streamed one is the provider's own events, without usage that was not asked for",
  async (_, Client) => {
    const create = { model, messages: said("Call me Ishmael."), stream: true } as const;
    const events = [];
    for await (const event of await clientOf(Client).chat.completions.create(create))
      events.push(event);
    expect(events).toEqual(chunks("You said: Call me Ishmael.").slice(0, -1));
    const all = [];
    const usage = { ...create, stream_options: { include_usage: true } };
    for await (const event of await clientOf(Client).chat.completions.create(usage))
      all.push(event);
    expect(all).toEqual(chunks("You said: Call me Ishmael."));
  },
);

test.each(sdks)("%s: the helpers stream, parse, and run tools", async (_, Client) => {
  const client = clientOf(Client);
  const stream = client.chat.completions.stream({ model, messages: said("The sea was calm.") });
  let text = "";
  stream.on("content", (piece) => {
    text += piece;
  });
  expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe(
    "You said: The sea was calm.",
  );
  expect(text).toBe("You said: The sea was calm.");

  const asked: unknown[] = [];
  const run = client.chat.completions.runTools({
    ...{ model, messages: said("How is the weather?") },
    tools: [
      {
        type: "function",
        function: {
          ...{ name: "weather", description: "the weather" },
          parameters: { type: "object", properties: { city: { type: "string" } } },
          parse: JSON.parse,
          function: async (input: object) => {
            asked.push(input);
            return "calm";
          },
        },
      },
    ],
  });
  expect(await run.finalContent()).toBe("You said: calm");
  expect(asked).toEqual([{ city: "Nantucket" }]);
});

test.each(sdks)("%s: embeddings and models", async (_, Client) => {
  const client = clientOf(Client);
  const { data } = await client.embeddings.create({ model: "org/small", input: ["a", "whale"] });
  expect(data.map(({ embedding }) => [...embedding])).toEqual([
    [1, 0.5],
    [5, 0.5],
  ]);
  const plain = { model, input: "whale", encoding_format: "float" } as const;
  expect((await client.embeddings.create(plain)).data[0]?.embedding).toEqual([5, 0.5]);
  const names = [];
  for await (const { id } of client.models.list()) names.push(id);
  expect(names).toEqual(["gpt-test", "org/small"]);
  expect(await client.models.retrieve("org/small")).toMatchObject({ id: "org/small" });
  await expect(client.models.retrieve("gpt-tst")).rejects.toMatchObject({
    ...{ status: 404, code: "model_not_found", param: "model", type: "invalid_request_error" },
    message: expect.stringContaining("(similar: gpt-test)"),
  });
  const unknown = client.chat.completions.create({ model: "gpt-tst", messages: said("a") });
  await expect(unknown).rejects.toMatchObject({
    ...{ status: 404, code: "model_not_found", param: "model" },
    message: expect.stringContaining("(similar: gpt-test)"),
  });
});

test.each(sdks)(
  "%s: errors have the classes, codes and headers that the SDK reads",
  async (_, Client) => {
    const refused = { model, messages: said("refuse 422, please") };
    const client = clientOf(Client, { maxRetries: 2 });
    await expect(client.chat.completions.create(refused)).rejects.toMatchObject({
      ...{ status: 422, code: "no_such_thing", param: "messages", type: "invalid_request_error" },
    });
    await expect(
      client.chat.completions.create({ ...refused, stream: true }),
    ).rejects.toMatchObject({
      ...{ status: 422, code: "no_such_thing" },
    });
    await expect(clientOf(Client, { apiKey: "mr_nobody_x" }).models.list()).rejects.toBeInstanceOf(
      Client.AuthenticationError,
    );
    await expect(
      client.chat.completions.create({ ...refused, model: "gpt-none" }),
    ).rejects.toMatchObject({ status: 404, code: "model_not_found" });
    await expect(client.moderations.create({ input: "a" })).rejects.toMatchObject({
      ...{ status: 404, code: "unknown_url", message: expect.stringContaining("/v1/responses") },
    });
  },
);

test("a call gets its priority, labels, deadline and idempotency key from headers, metadata and OpenAI's own fields", async () => {
  const metadata = { team: "search", "not a label": "x", millrace_priority: "20" };
  const first = await call("/v1/chat/completions", { model, messages: said("a"), metadata });
  const jobs = millrace();
  expect(await jobs.getJob(jobOf(first))).toMatchObject({
    ...{ priority: 20, labels: { team: "search" } },
    payload: { model, messages: said("a"), metadata },
  });
  const headers = {
    "x-millrace-priority": "15",
    "x-millrace-labels": "env=a%2Cb, team=docs",
    "x-millrace-deadline": "3600",
    "x-millrace-idempotency-key": "order-1",
  };
  const body = { model, messages: said("a"), metadata, service_tier: "flex" };
  const [one, two] = [
    await call("/v1/chat/completions", body, { headers }),
    await call("/v1/chat/completions", body, { headers }),
  ];
  expect(jobOf(two)).toBe(jobOf(one));
  expect(await two.json()).toEqual(await one.json());
  const job = await jobs.getJob(jobOf(one));
  expect(job).toMatchObject({ priority: 15, labels: { env: "a,b", team: "docs" } });
  expect(job.deadline).toBeDefined();
  const other = await call("/v1/chat/completions", { ...body, seed: 1 }, { headers });
  expect(other.status).toBe(409);
  expect(other.headers.get("x-should-retry")).toBe("false");
  const flex = await call("/v1/chat/completions", { ...body, metadata: {} });
  expect(await jobs.getJob(jobOf(flex))).toMatchObject({ priority: 75 });
});

test.each([
  [{ model }, { "x-millrace-priority": "0" }, "X-Millrace-Priority"],
  [{ model }, { "x-millrace-deadline": "soon" }, "X-Millrace-Deadline"],
  [{ model }, { "x-millrace-labels": "a b" }, "X-Millrace-Labels"],
  [{ model: 7 }, {}, "model"],
  [{ model, stream: "yes" }, {}, "stream"],
])("refuses %j with %j, and names %s", async (body, headers, param) => {
  const answer = await call("/v1/chat/completions", body, { headers });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { param, type: "invalid_request_error" } });
});

test("a caller that leaves cancels its job, streamed or not", async () => {
  for (const stream of [true, false]) {
    const caller = untilTestEnds();
    const { signal } = caller;
    const body = { model, stream, messages: said("hold") };
    const answer = call("/v1/chat/completions", body, { signal });
    answer.catch(() => undefined);
    const held = await provider.next();
    if (stream) {
      held.send(...chunks("Call ").slice(0, 2));
      await (await answer).body?.getReader().read();
    }
    caller.abort();
    await held.left;
  }
});

test("a call that has waited too long is told how to go on, and joins its job by its idempotency key", async () => {
  const impatient = await system.addGateway({ MILLRACE_SYNC_WAIT_MS: "1000" });
  const at = { url: `http://${impatient.addresses.http}` };
  const body = { model, messages: said("hold on") };
  const late = await call("/v1/chat/completions", body, at);
  expect(late.status).toBe(408);
  expect(late.headers.get("x-should-retry")).toBe("false");
  expect(await late.json()).toMatchObject({
    error: { code: "sync_wait_over", message: expect.stringContaining("GET /v1/jobs/") },
  });
  (await provider.next()).end(completion("late"));
  const headers = { "x-millrace-idempotency-key": "patient" };
  const first = await call("/v1/chat/completions", body, { headers, ...at });
  expect(first.status).toBe(408);
  expect(first.headers.get("x-should-retry")).toBe("true");
  expect(Number(first.headers.get("retry-after-ms"))).toBeGreaterThan(0);
  (await provider.next()).end(completion("joined"));
  // The gateway does not matter: the job is the same.
  const second = await call("/v1/chat/completions", body, { headers });
  expect(await second.json()).toEqual(completion("joined"));
});

test("an attempt that fails before the first event is repeated unseen", async () => {
  const answer = call("/v1/chat/completions", { model, stream: true, messages: said("hold") });
  (await provider.next()).cut();
  const second = await provider.next();
  second.send(...chunks("at last"));
  second.end();
  const events = [
    ...chunks("at last")
      .slice(0, -1)
      .map((one) => JSON.stringify(one)),
    "[DONE]",
  ];
  expect(await (await answer).text()).toBe(events.map((data) => `data: ${data}\n\n`).join(""));
});

test("an answer that has begun is not begun again: its job is cancelled, and the caller gets an error", async () => {
  const client = clientOf(clients["openai 7"] as never);
  const made = client.chat.completions
    .create({ model, messages: said("hold"), stream: true })
    .withResponse();
  const held = await provider.next();
  held.send(...chunks("Call me").slice(0, 2));
  const { data: stream, response } = await made;
  const events = stream[Symbol.asyncIterator]();
  await events.next();
  expect((await events.next()).value).toEqual(chunks("Call me")[1]);
  held.cut();
  await expect(events.next()).rejects.toMatchObject({ code: "answer_interrupted" });
  const job = await millrace().wait(jobOf(response));
  expect(job).toMatchObject({ state: "CANCELLED", attempt: 1 });
});
