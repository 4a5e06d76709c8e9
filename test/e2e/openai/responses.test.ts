/** Responses through the official SDKs, unchanged, in front of real processes. */
import { connectMillrace } from "@millrace/client";
import type OpenAI from "openai";
import { expect, onTestFinished, test } from "vitest";
import { delta, responseHead, responseTail, response as theirs } from "./answers.ts";
import { clients, startOpenAi, untilTestEnds } from "./setup.ts";

const { system, provider, clientOf, call } = await startOpenAi();
const model = "gpt-test";
const sdks = Object.entries(clients);
type Event = OpenAI.Responses.ResponseStreamEvent;

const millrace = () => {
  const client = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  onTestFinished(() => client.close());
  return client;
};

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const numbersOf = (events: readonly Event[]) => events.map((event) => event.sequence_number);
const textOf = (events: readonly Event[]) =>
  events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");

test.each(sdks)(
  "%s: a response is the provider's object under an id of Millrace",
  async (_, Client) => {
    const client = clientOf(Client);
    const metadata = { team: "search" };
    const made = await client.responses.create({ model, input: "Call me Ishmael.", metadata });
    expect(made).toMatchObject({
      ...{ status: "completed", model: "theirs", metadata, background: false },
      ...{ output_text: "You said: Call me Ishmael.", usage: { total_tokens: 12 } },
    });
    expect(made.id).toMatch(/^resp_documents~/);
    expect(await client.responses.retrieve(made.id)).toMatchObject({ ...made });
    const items = await all(client.responses.inputItems.list(made.id));
    expect(items).toMatchObject([
      {
        type: "message",
        role: "user",
        content: [{ type: "input_text", text: "Call me Ishmael." }],
      },
    ]);
  },
);

test.each(sdks)(
  "%s: a stream has the provider's events, and the helper reads them",
  async (_, Client) => {
    const client = clientOf(Client);
    const body = { model, input: "Call me Ishmael." };
    const events = await all(await client.responses.create({ ...body, stream: true }));
    expect(events.map(({ type }) => type)).toEqual([
      ...["response.created", "response.queued", "response.in_progress"],
      ...["response.output_item.added", "response.content_part.added"],
      ...Array.from({ length: 5 }, () => "response.output_text.delta"),
      ...["response.output_text.done", "response.content_part.done"],
      ...["response.output_item.done", "response.completed"],
    ]);
    expect(numbersOf(events)).toEqual(events.map((_event, index) => index));
    expect(textOf(events)).toBe("You said: Call me Ishmael.");
    const stream = client.responses.stream(body);
    const final = await stream.finalResponse();
    expect(final).toMatchObject({ status: "completed", output_text: "You said: Call me Ishmael." });
    // The helper can also be given a response that was made before.
    const again = client.responses.stream({ response_id: final.id, starting_after: 6 });
    const seen: number[] = [];
    again.on("event", (event) => seen.push((event as Event).sequence_number));
    expect((await again.finalResponse()).id).toBe(final.id);
    expect(seen[0]).toBe(7);
  },
);

test.each(sdks)("%s: structured answers are parsed", async (_, Client) => {
  const schema = { type: "object", properties: { city: { type: "string" } } };
  const format = { type: "json_schema", name: "place", schema } as const;
  const parsed = await clientOf(Client).responses.parse({
    model,
    input: "Where?",
    text: { format },
  });
  expect(parsed.output_parsed).toEqual({ city: "Nantucket" });
});

test.each(sdks)(
  "%s: a response in the background is polled, watched and resumed",
  async (_, Client) => {
    const client = clientOf(Client);
    const queued = await client.responses.create({ model, input: "hold", background: true });
    expect(queued).toMatchObject({ background: true, output: [] });
    expect(["queued", "in_progress"]).toContain(queued.status);
    const held = await provider.next();
    expect(held.body).toEqual({ model, input: "hold", stream: true });
    expect((await client.responses.retrieve(queued.id)).status).toBe("in_progress");

    const watched = await client.responses.retrieve(queued.id, { stream: true });
    const events = watched[Symbol.asyncIterator]();
    held.send(...responseHead(), delta("Call "));
    const seen: Event[] = [];
    while (textOf(seen) === "") seen.push((await events.next()).value as Event);
    watched.controller.abort();
    held.send(delta("me "), delta("Ishmael."));
    held.send(...responseTail("Call me Ishmael."));
    held.end();
    const last = numbersOf(seen).at(-1) as number;
    const rest = await client.responses.retrieve(queued.id, { stream: true, starting_after: last });
    const resumed = await all(rest);
    expect(textOf([...seen, ...resumed])).toBe("Call me Ishmael.");
    const numbers = numbersOf([...seen, ...resumed]);
    expect(numbers).toEqual(numbers.map((_number, index) => index));
    expect(await client.responses.retrieve(queued.id)).toMatchObject({
      ...{ status: "completed", output_text: "Call me Ishmael.", background: true },
    });
  },
);

test.each(sdks)(
  "%s: a response is cancelled, and cancelling it again changes nothing",
  async (_, Client) => {
    const client = clientOf(Client);
    const { id } = await client.responses.create({ model, input: "hold", background: true });
    const held = await provider.next();
    expect(await client.responses.cancel(id)).toMatchObject({ id, status: "cancelled" });
    await held.left;
    expect(await client.responses.cancel(id)).toMatchObject({ id, status: "cancelled" });
    const made = await client.responses.create({ model, input: "a" });
    expect(await client.responses.cancel(made.id)).toMatchObject({ status: "completed" });
    const last = (await all(await client.responses.retrieve(id, { stream: true }))).at(-1);
    expect(last).toMatchObject({ type: "response.cancelled", response: { id } });
  },
);

test.each(sdks)(
  "%s: a deleted response is gone, and one that runs is cancelled first",
  async (_, Client) => {
    const client = clientOf(Client);
    const made = await client.responses.create({ model, input: "a" });
    await client.responses.delete(made.id);
    await expect(client.responses.retrieve(made.id)).rejects.toBeInstanceOf(Client.NotFoundError);
    await expect(client.responses.delete(made.id)).rejects.toBeInstanceOf(Client.NotFoundError);
    const { id } = await client.responses.create({ model, input: "hold", background: true });
    const held = await provider.next();
    await client.responses.delete(id);
    await held.left;
    await expect(client.responses.retrieve(id, { stream: true })).rejects.toMatchObject({
      status: 404,
    });
    await expect(millrace().getJob(id.slice("resp_".length))).rejects.toMatchObject({
      reason: "JOB_NOT_FOUND",
    });
  },
);

test.each(sdks)("%s: a conversation goes on from the response before", async (_, Client) => {
  const client = clientOf(Client);
  const first = await client.responses.create({ model, input: "Call me Ishmael." });
  const next = { model, input: "Who am I?", previous_response_id: first.id };
  const second = await client.responses.create(next);
  expect(second.previous_response_id).toBe(first.id);
  expect(provider.calls.at(-1)?.body).toEqual({
    model,
    input: [
      {
        type: "message",
        role: "user",
        content: [{ type: "input_text", text: "Call me Ishmael." }],
      },
      ...(theirs("You said: Call me Ishmael.").output as object[]),
      { type: "message", role: "user", content: [{ type: "input_text", text: "Who am I?" }] },
    ],
  });
  await expect(
    client.responses.create({ ...next, previous_response_id: "resp_none" }),
  ).rejects.toMatchObject({ status: 404, code: "job_not_found" });
});

test.each(sdks)(
  "%s: a provider's refusal is the call's error, and the end of a stream",
  async (_, Client) => {
    const client = clientOf(Client);
    const body = { model, input: "refuse 400 this" };
    await expect(client.responses.create(body)).rejects.toMatchObject({
      ...{ status: 400, code: "no_such_thing", type: "invalid_request_error" },
    });
    const events = await all(await client.responses.create({ ...body, stream: true }));
    expect(events.at(-1)).toMatchObject({
      ...{ type: "response.failed", response: { status: "failed" } },
    });
    const { id } = await client.responses.create({ ...body, background: true });
    await all(await client.responses.retrieve(id, { stream: true }));
    const failed = await client.responses.retrieve(id);
    expect(failed).toMatchObject({ status: "failed", error: { message: "the provider says no" } });
  },
);

test("a repeated call in the background finds its response, also at its end", async () => {
  const headers = { "idempotency-key": "once" };
  const body = { model, input: "Once.", background: true };
  const made = (await (await call("/v1/responses", body, { headers })).json()) as { id: string };
  await millrace().wait(made.id.slice("resp_".length));
  const again = await call("/v1/responses", body, { headers });
  expect(await again.json()).toMatchObject({ id: made.id, status: "completed", background: true });
});

test("a caller that leaves cancels a stream, and not a response in the background", async () => {
  for (const background of [false, true]) {
    const caller = untilTestEnds();
    const body = { model, input: "hold", stream: true, background };
    const answer = await call("/v1/responses", body, { signal: caller.signal });
    const jobId = String(answer.headers.get("x-millrace-job-id"));
    const held = await provider.next();
    caller.abort();
    if (background) {
      held.send(...responseHead(), ...responseTail("done"));
      held.end();
    } else {
      await held.left;
    }
    const { state } = await millrace().wait(jobId);
    expect(state).toBe(background ? "SUCCEEDED" : "CANCELLED");
  }
});

test("a later attempt in the background ends the items of the one before, and follows them", async () => {
  const client = clientOf(clients["openai 7"] as never);
  const { id } = await client.responses.create({ model, input: "hold", background: true });
  const first = await provider.next();
  first.send(...responseHead(), delta("Call "));
  const stream = client.responses.stream({ response_id: id });
  const seen: Event[] = [];
  const heard = Promise.withResolvers<void>();
  stream.on("event", (event) => {
    seen.push(event as Event);
    if (textOf(seen) !== "") heard.resolve();
  });
  await heard.promise;
  first.cut();
  const second = await provider.next();
  second.send(...responseHead("b"), delta("Me again.", "b"), ...responseTail("Me again.", "b"));
  second.end();
  expect(await stream.finalResponse()).toMatchObject({ output_text: "Me again." });
  const items = seen.filter(({ type }) => type.startsWith("response.output_item"));
  expect(items).toMatchObject([
    { type: "response.output_item.added", output_index: 0 },
    { type: "response.output_item.done", output_index: 0, item: { status: "incomplete" } },
    { type: "response.output_item.added", output_index: 1 },
    { type: "response.output_item.done", output_index: 1, item: { status: "completed" } },
  ]);
  expect(numbersOf(seen)).toEqual(seen.map((_event, index) => index));
  const later = await all(await client.responses.retrieve(id, { stream: true, starting_after: 5 }));
  expect(later).toEqual(seen.slice(6));
});

test("a result and events that are longer than a chunk arrive whole", async () => {
  const long = "whale ".repeat(20_000);
  const client = clientOf(clients["openai 7"] as never);
  const { id } = await client.responses.create({ model, input: "hold", background: true });
  const held = await provider.next();
  held.send(...responseHead(), delta(long), ...responseTail(long));
  held.end();
  const final = await client.responses.stream({ response_id: id }).finalResponse();
  expect(final.output_text).toBe(long);
});

test("what was not to be stored is not found, nor is another key's response", async () => {
  const client = clientOf(clients["openai 7"] as never);
  const { id } = await client.responses.create({ model, input: "a", store: false });
  await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  const kept = await client.responses.create({ model, input: "a" });
  const apiKey = await system.createApiKey("other");
  const other = clientOf(clients["openai 7"] as never, { apiKey });
  await expect(other.responses.retrieve(kept.id)).rejects.toMatchObject({ status: 404 });
  await expect(other.responses.cancel(kept.id)).rejects.toMatchObject({ status: 404 });
  await expect(client.responses.retrieve("resp_x")).rejects.toMatchObject({ status: 404 });
  await expect(
    client.responses.create({ model, input: "a", background: true, store: false }),
  ).rejects.toMatchObject({ status: 400, param: "store" });
});
