import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { type AttemptContext, type StoredDocument, startWorker } from "@millrace/worker-sdk";
import { expect, onTestFinished, test } from "vitest";

test("an executor reads the documents of its job from the scheduler, and no others", async () => {
  const system = await startSystem({ workers: 0 });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  onTestFinished(() => millrace.close());
  const text = "The sea was calm. ".repeat(20_000);
  const { id } = await millrace.uploadDocument(Buffer.from(text), { name: "sea.txt" });
  const other = await millrace.uploadDocument(Buffer.from("The sea was rough."));

  const contentOf = async ({ readDocument }: AttemptContext, documentId: string) =>
    Buffer.concat(await Array.fromAsync(readDocument(documentId))).toString();
  const worker = startWorker({
    ...{ address: system.workerTarget, workerId: "reader", queues: ["documents"] },
    ...{ slots: 2, clock, random },
    executors: {
      read: async (context) => {
        const [named = ""] = context.documentIds;
        return { same: (await contentOf(context, named)) === text };
      },
      pry: async (context) => ({ text: await contentOf(context, other.id) }),
    },
  });
  onTestFinished(() => worker.drain(0));
  const job = { queue: "documents", documentIds: [id] };
  expect(await millrace.run({ ...job, type: "read" })).toMatchObject({ result: { same: true } });
  await expect(millrace.run({ ...job, type: "pry" })).rejects.toMatchObject({
    ...{ code: "JOB_FAILED", reason: "DOCUMENT_NOT_FOUND" },
  });
});

test("an executor stores what is too long for a result, and the job's key reads it", async () => {
  const system = await startSystem({ workers: 0 });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  onTestFinished(() => millrace.close());
  const long = "It was long. ".repeat(200_000);
  async function* pieces() {
    yield Buffer.from("# In ");
    yield Buffer.from("pieces");
  }
  const worker = startWorker({
    ...{ address: system.workerTarget, workerId: "writer", queues: ["documents"] },
    ...{ slots: 2, clock, random },
    executors: {
      write: ({ storeDocument }) => storeDocument({ content: long, name: "long.txt" }),
      pieces: ({ storeDocument }) =>
        storeDocument({ content: pieces(), contentType: "text/markdown" }),
      nothing: ({ storeDocument }) => storeDocument({ content: "" }),
    },
  });
  onTestFinished(() => worker.drain(0));
  const run = async (type: string) => (await millrace.run({ queue: "documents", type })).result;
  const textOf = async (id: string) =>
    Buffer.concat(await Array.fromAsync(millrace.downloadDocument(id))).toString();
  const stored = (await run("write")) as StoredDocument;
  expect(stored).toMatchObject({
    ...{ name: "long.txt", contentType: "text/plain", sizeBytes: long.length, existing: false },
  });
  expect(await textOf(stored.id)).toBe(long);
  expect(await run("write")).toEqual({ ...stored, existing: true });
  const other = (await run("pieces")) as StoredDocument;
  expect(other).toMatchObject({ name: "document", contentType: "text/markdown" });
  expect(await textOf(other.id)).toBe("# In pieces");
  await expect(run("nothing")).rejects.toMatchObject({
    ...{ code: "JOB_FAILED", reason: "DOCUMENT_EMPTY" },
  });
});
