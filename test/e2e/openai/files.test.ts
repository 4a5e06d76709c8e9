/** Files through the official SDKs, unchanged. A file is a document. */
import { connectMillrace } from "@millrace/client";
import { expect, onTestFinished, test } from "vitest";
import { clients, startOpenAi } from "./setup.ts";

const { system, clientOf, call } = await startOpenAi();
const sdks = Object.entries(clients);

test.each(sdks)("%s: a file is uploaded, found, read and deleted", async (name, Client) => {
  const apiKey = await system.createApiKey(name);
  const client = clientOf(Client, { apiKey });
  const lines = '{"custom_id": "a"}\n{"custom_id": "b"}\n';
  const expires = { anchor: "created_at", seconds: 3_600 } as const;
  const made = await client.files.create({
    ...{ file: new File([lines], "lines.jsonl"), purpose: "batch", expires_after: expires },
  });
  expect(made).toMatchObject({
    ...{ object: "file", bytes: lines.length, filename: "lines.jsonl", purpose: "batch" },
    status: "processed",
  });
  expect(made.expires_at).toBe(made.created_at + 3_600);
  const note = await client.files.create({
    ...{ file: new File(["Call me Ishmael."], "whale.txt"), purpose: "user_data" },
  });
  expect(await client.files.retrieve(made.id)).toEqual(made);
  expect(await client.files.waitForProcessing(made.id)).toEqual(made);
  expect(await (await client.files.content(made.id)).text()).toBe(lines);

  const idsOf = async (query: object) => {
    const ids: string[] = [];
    for await (const { id } of client.files.list(query)) ids.push(id);
    return ids;
  };
  expect(await idsOf({})).toEqual([note.id, made.id]);
  expect(await idsOf({ limit: 1 })).toEqual([note.id, made.id]);
  expect(await idsOf({ limit: 1, order: "asc" })).toEqual([made.id, note.id]);
  expect(await idsOf({ purpose: "batch" })).toEqual([made.id]);

  expect(await client.files.delete(made.id)).toEqual({
    id: made.id,
    object: "file",
    deleted: true,
  });
  await expect(client.files.retrieve(made.id)).rejects.toBeInstanceOf(Client.NotFoundError);
  await expect(client.files.delete(made.id)).rejects.toMatchObject({ code: "document_not_found" });
  const theirs = clientOf(Client);
  await expect(theirs.files.content(note.id)).rejects.toBeInstanceOf(Client.NotFoundError);
});

test("a file is a document: it has one id, and jobs that name it may read it", async () => {
  const client = clientOf(clients["openai 7"] as never);
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  onTestFinished(() => millrace.close());
  const file = new File(["The sea was calm."], "sea.txt");
  const { id } = await client.files.create({ file, purpose: "user_data" });
  expect(await millrace.getDocument(id)).toMatchObject({ id, name: "sea.txt" });
  const content = [
    { type: "input_text", text: "Read this." },
    { type: "input_file", file_id: id },
  ];
  const body = { model: "gpt-test", input: [{ role: "user", content }], background: true };
  const answer = await call("/v1/responses", body);
  const job = await millrace.getJob(String(answer.headers.get("x-millrace-job-id")));
  expect(job.documentIds).toEqual([id]);
  const reference = { type: "input_file", filename: "sea.txt", file_data: `document:${id}` };
  expect(job.payload).toMatchObject({ input: [{ content: [content[0], reference] }] });
});

const form = (parts: Readonly<Record<string, string | File>>) => {
  const data = new FormData();
  for (const [name, value] of Object.entries(parts)) data.set(name, value as string);
  return data;
};

test.each([
  [{ purpose: "batch" }, 400, "file"],
  [{ file: new File(["a"], "a.txt") }, 400, "purpose"],
  [{ file: new File([], "a.txt"), purpose: "batch" }, 400, null],
  [
    { file: new File(["a"], "a.txt"), purpose: "batch", "expires_after[anchor]": "now" },
    ...([400, "expires_after.anchor"] as const),
  ],
])("refuses the form %j with %i, and names %s", async (parts, status, param) => {
  const answer = await fetch(`${system.httpUrl}/v1/files`, {
    ...{ method: "POST", headers: { authorization: `Bearer ${system.apiKey}` } },
    body: form(parts as Readonly<Record<string, string | File>>),
  });
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ error: { param } });
});

test("refuses a body that is no form, and one that ends too early", async () => {
  const json = await call("/v1/files", { purpose: "batch" });
  expect(json.status).toBe(415);
  const cut = await fetch(`${system.httpUrl}/v1/files`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${system.apiKey}`,
      "content-type": "multipart/form-data; boundary=x",
    },
    body: '--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nCall me',
  });
  expect(cut.status).toBe(400);
  expect(await cut.json()).toMatchObject({ error: { param: "file" } });
});
