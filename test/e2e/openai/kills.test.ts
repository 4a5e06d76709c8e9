/** Gateway, scheduler and worker are killed in the middle of a stream in the background, and the SDK resumes it. */
import { join } from "node:path";
import { startProgram, startSystem } from "@millrace/local";
import type OpenAI from "openai";
import { afterAll, expect, test } from "vitest";
import { delta, responseHead, responseTail } from "./answers.ts";
import { startProvider } from "./provider.ts";
import { callersOf, clients } from "./setup.ts";

type Event = OpenAI.Responses.ResponseStreamEvent;

const provider = await startProvider();
// A worker keeps its leases at one scheduler while the other is away, however long that takes.
const system = await startSystem({ schedulers: 2, workers: 0 });
const worker = await startProgram("worker", join(import.meta.dirname, "model-worker.ts"), {
  settings: { SCHEDULER: system.workerTarget, PROVIDER: provider.url },
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
  provider.close();
});

/** Reads a response as a careful caller does: after each break it goes on after the last event that it has. */
class Reader {
  readonly seen: Event[] = [];
  readonly #client: OpenAI;
  readonly #id: string;
  #waiting: { text: string; resolve: () => void } | undefined;

  constructor(client: OpenAI, id: string) {
    this.#client = client;
    this.#id = id;
  }

  get text(): string {
    const parts = this.seen.map((event) =>
      event.type === "response.output_text.delta" ? event.delta : "",
    );
    return parts.join("");
  }

  /** Resolves when the text ends like this. */
  heard(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { text, resolve };
      this.#look();
    });
  }

  #look(): void {
    if (this.#waiting !== undefined && this.text.endsWith(this.#waiting.text)) {
      this.#waiting.resolve();
    }
  }

  async read(): Promise<void> {
    for (;;) {
      try {
        const last = this.seen.at(-1)?.sequence_number;
        const query = last === undefined ? {} : { starting_after: last };
        const more = { stream: true, ...query } as const;
        for await (const event of await this.#client.responses.retrieve(this.#id, more)) {
          this.seen.push(event);
          this.#look();
          if (event.type === "response.completed") return;
        }
      } catch {
        // The connection broke, or nothing listens there now: the SDK has tried again, and so does its caller.
      }
    }
  }
}

test("each event comes once to each SDK, whatever is killed", { timeout: 300_000 }, async () => {
  const [client, older] = Object.values(clients).map((Client) =>
    callersOf(system).clientOf(Client, { maxRetries: 2 }),
  ) as [OpenAI, OpenAI];
  const body = { model: "any", input: "hold", background: true } as const;
  const { id } = await client.responses.create(body);
  const readers = [client, older].map((one) => new Reader(one, id));
  const reading = Promise.all(readers.map((reader) => reader.read()));
  const heard = (text: string) => Promise.all(readers.map((reader) => reader.heard(text)));
  const first = await provider.next();
  first.send(...responseHead(), delta("1, "));
  await heard("1, ");

  // The gateway's address stays the same.
  await system.gateways[0]?.kill();
  first.send(delta("2, "));
  await system.gateways[0]?.restart();
  await heard("2, ");

  for (const [index, scheduler] of system.schedulers.entries()) {
    await scheduler.kill();
    first.send(delta(`${index + 3}, `));
    await heard(`${index + 3}, `);
    await scheduler.restart();
  }

  await worker.kill();
  await worker.restart();
  // The job waits until its lease is over.
  const second = await provider.next();
  second.send(...responseHead("b"), delta("again", "b"), ...responseTail("again", "b"));
  second.end();
  await reading;

  for (const { seen, text } of readers) {
    expect(seen.map((event) => event.sequence_number)).toEqual(seen.map((_event, index) => index));
    expect(text).toBe("1, 2, 3, 4, again");
    const items = seen.flatMap((event) =>
      event.type === "response.output_item.done" ? [event.item] : [],
    );
    expect(items).toMatchObject([{ status: "incomplete" }, { status: "completed" }]);
  }
  expect(await client.responses.retrieve(id)).toMatchObject({ output_text: "again" });
  // Whoever reads it from the beginning gets the same events.
  const later: Event[] = [];
  for await (const event of await client.responses.retrieve(id, { stream: true })) {
    later.push(event);
  }
  expect(later).toEqual(readers[0]?.seen);
});
