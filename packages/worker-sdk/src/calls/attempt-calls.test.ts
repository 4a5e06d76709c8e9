import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  AssignmentSchema,
  DownloadDocumentResponseSchema,
  LeaseRefSchema,
} from "@millrace/proto/worker-service";
import { expect, test } from "vitest";
import { AttemptCalls } from "./attempt-calls.ts";

type Part = NonNullable<MessageInitShape<typeof DownloadDocumentResponseSchema>["part"]>;

/** Reads a document whose download has these messages. */
async function read(...parts: readonly Part[]): Promise<string> {
  const calls = new AttemptCalls({
    call: () => Promise.reject(new Error("there is no other call")),
    async *download() {
      for (const part of parts) yield create(DownloadDocumentResponseSchema, { part });
    },
    store: () => Promise.reject(new Error("there is no other call")),
    lease: create(LeaseRefSchema),
    assignment: create(AssignmentSchema),
    signal: new AbortController().signal,
    onLeaseLost: () => undefined,
    onWaiting: () => undefined,
  });
  return Buffer.concat(await Array.fromAsync(calls.document("d"))).toString();
}

const document = (size: bigint): Part => ({ case: "document", value: { size } });
const content = (text: string): Part => ({ case: "content", value: Buffer.from(text) });

test("a document is read to its end", async () => {
  expect(await read(document(4n), content("ab"), content("cd"))).toBe("abcd");
  expect(await read(document(0n))).toBe("");
});

test("a download that breaks is not taken for its end, also before its first message", async () => {
  await expect(read(document(4n), content("ab"))).rejects.toThrow("ended after 2 of 4 bytes");
  await expect(read()).rejects.toMatchObject({
    reason: "SCHEDULER_REFUSED",
    retryable: true,
    message: "The document d ended before it began.",
  });
});
