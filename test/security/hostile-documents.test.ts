/** Tests documents with hostile content, and names and ids that try to reach other files. */
import { readdir } from "node:fs/promises";
import { connectMillrace, MillraceError } from "@millrace/client";
import fc from "fast-check";
import PDFDocument from "pdfkit";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { startLogged } from "../faults/setup.ts";

const shared = await startLogged({ settings: { worker: { MILLRACE_THREADS: "2" } } });
afterAll(() => shared.system[Symbol.asyncDispose]());

function setup() {
  const { system, log } = shared;
  const millrace = connectMillrace({
    address: system.gatewayTarget(),
    apiKey: system.apiKey,
    deadlineMs: 120_000,
  });
  onTestFinished(() => millrace.close());
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${system.httpUrl}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${system.apiKey}`, ...init.headers },
    });
  const errors = () => log.items.filter(({ level }) => level === "error");
  return { system, millrace, call, errors };
}

async function goodPdf(): Promise<Buffer> {
  const pdf = new PDFDocument({ info: { Title: "The sea" } });
  for (const chapter of [1, 2, 3]) {
    if (chapter > 1) pdf.addPage();
    pdf.text(`Chapter ${chapter}. The sea was calm, and the whale swam. `.repeat(20));
  }
  pdf.end();
  return Buffer.concat(await pdf.toArray());
}

const SEED = 20_261_125;
const HEAD = "%PDF-1.";
/** Overwrites, cuts out or doubles bytes of a PDF, or cuts off its end. The result still begins like a PDF. */
const mutationsOf = (pdf: Buffer) =>
  fc
    .array(
      fc.record({
        at: fc.integer({ min: HEAD.length, max: pdf.length - 1 }),
        how: fc.constantFrom("overwrite", "remove", "double", "end"),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map((changes) => {
      let result = pdf;
      for (const { at, how, bytes } of changes) {
        const rest = how === "double" ? at - bytes.length : at + bytes.length;
        const put = how === "overwrite" ? bytes : new Uint8Array();
        // A cut-off end is rare, because it hides most of the other changes.
        if (how === "end" && bytes.length > 4) continue;
        const tail =
          how === "end" ? new Uint8Array() : result.subarray(Math.max(HEAD.length, rest));
        result = Buffer.concat([result.subarray(0, at), put, tail]);
      }
      return result;
    });

test("each of many damaged PDFs fails at most its own job, and the worker survives", async () => {
  const { system, millrace, errors } = setup();
  const pdf = await goodPdf();
  const [worker] = system.workers;
  const pid = worker?.pid;
  const summarize = (id: string) => ({ queue: "documents", type: "summarize", documentIds: [id] });
  const damaged = fc.sample(mutationsOf(pdf), { numRuns: 40, seed: SEED });
  const ends = await Promise.all(
    damaged.map(async (content) => {
      const { id } = await millrace.uploadDocument(content, { name: "sea.pdf" });
      const { jobId } = await millrace.submit({ ...summarize(id), retry: { maxAttempts: 1 } });
      return millrace.wait(jobId);
    }),
  );
  for (const { state, attempt, stalls, failure } of ends) {
    expect({ state, attempt, stalls, reason: failure?.reason }).toEqual({
      ...{ state: expect.stringMatching(/^(SUCCEEDED|FAILED)$/), attempt: 1, stalls: 0 },
      reason:
        failure === undefined ? undefined : expect.stringMatching(/^(DOCUMENT_\w+|TOO_LARGE)$/),
    });
  }
  // Some of the files can still be read and some cannot, so the damage is neither too large nor too small.
  expect(new Set(ends.map(({ state }) => state))).toEqual(new Set(["SUCCEEDED", "FAILED"]));
  const { id } = await millrace.uploadDocument(pdf, { name: "sea.pdf" });
  expect((await millrace.run(summarize(id))).state).toBe("SUCCEEDED");
  expect(worker?.pid).toBe(pid);
  expect(errors()).toEqual([]);
}, 120_000);

const names = [
  "../../etc/passwd",
  "..\\..\\boot.ini",
  "/etc/passwd",
  "C:\\a.txt",
  "a\0.txt",
  "a\r\nx-injected: 1.txt",
  'a"; filename="b.txt',
  "\u202etxt.exe",
  ".",
  "..",
  "~",
  "$(id)",
  "a".repeat(10_000),
  "%2e%2e%2f",
  "con",
];

test.each(names)("a document named %j is refused, or stays in its directory", async (name) => {
  const { system, millrace, call, errors } = setup();
  const before = await readdir(system.documents, { recursive: true });
  // Content of its own for each name: the same content is the same document.
  const text = `The sea was calm, and the name was ${JSON.stringify(name)}.`;
  const byHttp = await call(`/v1/documents?name=${encodeURIComponent(name)}`, {
    method: "PUT",
    body: text,
  });
  expect([201, 400]).toContain(byHttp.status);
  const stored = await millrace
    .uploadDocument(Buffer.from(text), { name })
    .catch((error: unknown) => {
      expect(error).toBeInstanceOf(MillraceError);
      return undefined;
    });
  expect(stored === undefined).toBe(byHttp.status === 400);
  if (stored !== undefined) {
    const content = await call(`/v1/documents/${stored.id}/content`);
    expect([content.status, await content.text()]).toEqual([200, text]);
    expect(content.headers.get("x-injected")).toBeNull();
    expect(content.headers.get("content-disposition")).toMatch(/^attachment/);
  }
  const after = await readdir(system.documents, { recursive: true });
  const made = after.filter((path) => !before.includes(path));
  const ours =
    /^((keys\/[\w-]+\/)?doc_[0-9A-Z]{26}(\.\w+)?|(keys|contents)(\/[\w-]+)?|contents\/[\w-]+\/[0-9a-f]{64})$/;
  for (const path of made) expect(path).toMatch(ours);
  expect(errors()).toEqual([]);
});

const ids = [
  "..",
  ".",
  "../x",
  "..%2f..%2fetc%2fpasswd",
  "%2e%2e",
  "doc_/../..",
  "doc_%00",
  "a".repeat(5_000),
];

test.each(ids)("the id %j reaches no file", async (id) => {
  const { system, millrace, call, errors } = setup();
  for (const path of [`/v1/documents/${id}`, `/v1/documents/${id}/content`]) {
    const answer = await call(path);
    expect([400, 404, 405]).toContain(answer.status);
    expect(await answer.text()).not.toContain("root:");
  }
  await expect(millrace.getDocument(id)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  const job = { queue: "documents", type: "summarize", documentIds: [id] };
  await expect(millrace.submit(job)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(system.gateways[0]?.pid).toBeGreaterThan(0);
  expect(errors()).toEqual([]);
});
