import { documentsIn } from "@millrace/job-types";
import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { withFiles } from "./file-references.ts";

const id = "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B";
const other = "doc_01JDXW5T5Q6M3C9N2V8K4H7R1C";
const documents = {
  get: async (wanted: string) => (wanted === id ? ({ name: "sea.pdf" } as never) : undefined),
};
const keyId = "ours" as KeyId;

test("finds files and references at any depth, and nothing that only looks like one", () => {
  const body = {
    input: [
      { content: [{ type: "input_file", file_id: id }] },
      { content: [{ type: "image_url", image_url: { url: `document:${other}` } }] },
    ],
    metadata: { file_id: "file-abc", text: `see document:${id}x` },
  };
  expect([...documentsIn(body)].sort()).toEqual([id, other]);
});

test("replaces the ids of files by references that workers read", async () => {
  const body = {
    input: [
      { type: "input_file", file_id: id },
      { type: "input_image", file_id: id, detail: "low" },
    ],
    messages: [{ content: [{ type: "file", file: { file_id: id } }] }],
  };
  const reference = `document:${id}`;
  expect(await withFiles(documents, body, keyId)).toEqual({
    input: [
      { type: "input_file", filename: "sea.pdf", file_data: reference },
      { type: "input_image", image_url: reference, detail: "low" },
    ],
    messages: [
      { content: [{ type: "file", file: { filename: "sea.pdf", file_data: reference } }] },
    ],
  });
});

test("leaves a body without files as it is, and refuses a file that there is not", async () => {
  const body = { input: [{ type: "input_file", file_id: "file-theirs" }] };
  expect(await withFiles(documents, body, keyId)).toBe(body);
  const missing = { input: [{ type: "input_file", file_id: other }] };
  await expect(withFiles(documents, missing, keyId)).rejects.toMatchObject({
    reason: "DOCUMENT_NOT_FOUND",
  });
});
