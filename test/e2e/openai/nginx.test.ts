/** The official SDKs behind nginx, configured as docs/proxies.md says. Skipped, and reported, where nginx is not installed. */
import { expect, test } from "vitest";
import { installed, startNginx } from "../proxies/start-proxy.ts";
import { chunks, completion, delta, responseHead, responseTail } from "./answers.ts";
import { clients, said, startOpenAi } from "./setup.ts";

const has = installed("nginx", "-v");
const { system, provider, clientOf, call } = await startOpenAi();
const model = "gpt-test";
const sdks = Object.entries(clients);
const TIMEOUT_MS = 120_000;

test.skipIf(!has).each(sdks)("%s: plain calls, models and files", async (_, Client) => {
  const client = clientOf(Client, { baseURL: `${(await startNginx(system)).http}/v1` });
  const whole = await client.chat.completions.create({
    model,
    messages: said("The sea was calm."),
  });
  expect(whole.choices[0]?.message.content).toBe("You said: The sea was calm.");
  const { data } = await client.embeddings.create({ model, input: "whale" });
  expect(data).toHaveLength(1);
  expect((await client.models.list()).data.map(({ id }) => id)).toContain(model);
  // Longer than what nginx keeps in memory of a request.
  const content = Buffer.alloc(2 * 1024 * 1024, "All work and no play. ");
  const file = new File([content], "large.txt", { type: "text/plain" });
  const { id, bytes } = await client.files.create({ file, purpose: "user_data" });
  expect(bytes).toBe(content.length);
  const read = await (await client.files.content(id)).arrayBuffer();
  expect(Buffer.from(read).equals(content)).toBe(true);
  await client.files.delete(id);
  await expect(client.models.retrieve("none")).rejects.toMatchObject({
    ...{ status: 404, code: "model_not_found", requestID: expect.stringMatching(/^req_/) },
  });
});

test.skipIf(!has).each(sdks)("%s: events arrive as they are written", async (_, Client) => {
  const client = clientOf(Client, { baseURL: `${(await startNginx(system)).http}/v1` });
  const create = { model, messages: said("hold"), stream: true } as const;
  const asked = client.chat.completions.create(create);
  const held = await provider.next();
  const events = chunks("You said: hold").slice(0, -1);
  // The next event is written only after the one before was read.
  let written = 0;
  held.send(events[written] ?? {});
  for await (const event of await asked) {
    expect(event).toEqual(events[written]);
    written += 1;
    if (written < events.length) held.send(events[written] ?? {});
    else held.end();
  }
  expect(written).toBe(events.length);
});

test.skipIf(!has).each(sdks)("%s: a caller that leaves cancels its call", async (_, Client) => {
  const client = clientOf(Client, { baseURL: `${(await startNginx(system)).http}/v1` });
  const leaving = new AbortController();
  const create = { model, messages: said("hold") };
  const asked = client.chat.completions.create(create, { signal: leaving.signal });
  const held = await provider.next();
  leaving.abort();
  await expect(asked).rejects.toThrow();
  await held.left;
});

test.skipIf(!has).each(sdks)("%s: a background response is resumed", async (_, Client) => {
  const client = clientOf(Client, { baseURL: `${(await startNginx(system)).http}/v1` });
  const { id } = await client.responses.create({ model, input: "hold", background: true });
  const held = await provider.next();
  held.send(...responseHead(), delta("The sea "));
  const seen: unknown[] = [];
  let last = -1;
  for await (const event of await client.responses.retrieve(id, { stream: true })) {
    seen.push(event);
    last = event.sequence_number;
    if (event.type === "response.output_text.delta") break;
  }
  held.send(delta("was calm."), ...responseTail("The sea was calm."));
  held.end();
  const resumed = { stream: true, starting_after: last } as const;
  for await (const event of await client.responses.retrieve(id, resumed)) seen.push(event);
  const whole = [];
  for await (const event of await client.responses.retrieve(id, { stream: true }))
    whole.push(event);
  expect(seen).toEqual(whole);
  expect((await client.responses.retrieve(id)).output_text).toBe("The sea was calm.");
});

test.skipIf(!has)(
  "white space of an answer that takes long arrives before the answer",
  async () => {
    const proxy = await startNginx(system);
    const [[, Client]] = sdks as [(typeof sdks)[number]];
    const create = { model, messages: said("hold") };
    const bySdk = clientOf(Client, { baseURL: `${proxy.http}/v1` }).chat.completions.create(create);
    const raw = call("/v1/chat/completions", create, { url: proxy.http });
    const held = [await provider.next(), await provider.next()];
    // The gateway begins the answer after 25 s.
    const reader = (await raw).body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toEqual({ done: false, value: " " });
    for (const one of held) one.end(completion("You said: hold"));
    const rest: string[] = [];
    for (let piece = await reader?.read(); piece?.value; piece = await reader?.read())
      rest.push(piece.value);
    expect(JSON.parse(rest.join(""))).toMatchObject({ object: "chat.completion" });
    expect((await bySdk).choices[0]?.message.content).toBe("You said: hold");
  },
  TIMEOUT_MS,
);
