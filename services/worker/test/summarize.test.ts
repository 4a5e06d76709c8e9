import { buffer } from "node:stream/consumers";
import type { ExecutionContext } from "@millrace/worker-sdk";
import { countTokens } from "gpt-tokenizer";
import PDFDocument from "pdfkit";
import { expect, test } from "vitest";
import { chatExecutor } from "../src/executors/chat.ts";
import { splitText } from "../src/executors/split-text.ts";
import { summarizeExecutor } from "../src/executors/summarize.ts";
import { extractiveProvider } from "../src/providers/extractive.ts";

type Draw = (pdf: PDFKit.PDFDocument) => void;

async function makePdf(draw: Draw, options: PDFKit.PDFDocumentOptions = {}): Promise<Uint8Array> {
  const pdf = new PDFDocument(options);
  draw(pdf);
  pdf.end();
  return buffer(pdf);
}

function setup(bytes: Uint8Array, contentType: string, payload: unknown = {}) {
  const written: string[] = [];
  const progress: string[] = [];
  const stop = new AbortController();
  const context: ExecutionContext = {
    ...{ jobId: "j", queue: "documents", type: "summarize", attempt: 1, maxAttempts: 1, payload },
    ...{ documentIds: ["doc_1"], pool: "", labels: {}, deadlineMs: undefined },
    ...{
      keyId: "k7f3",
      traceparent: "",
      tracestate: "",
      signal: stop.signal,
      addUsage: () => undefined,
    },
    write: async (text) => void written.push(text),
    progress: async (done, total) => void progress.push(`${done}/${total}`),
    log: () => undefined,
  };
  const execute = summarizeExecutor({
    provider: extractiveProvider,
    documents: { read: async () => ({ filename: "a", contentType, bytes }) },
    parallel: 2,
  });
  return { context, written, progress, stop, run: () => execute(context) };
}

const story = Array.from(
  { length: 40 },
  (_, i) => `The captain wrote in log ${i} that the whale had turned the ship about.`,
).join(" ");

test("a PDF of many pages is summarised in parts, streamed as it comes, within its budget", async () => {
  const pdf = await makePdf((doc) => {
    for (let page = 0; page < 5; page += 1) {
      if (page > 0) doc.addPage();
      doc.text(story);
    }
  });
  const { run, written, progress } = setup(pdf, "application/pdf", {
    partTokens: 256,
    maxTokens: 80,
  });
  const result = (await run()) as { summary: string; pages: number; parts: number };
  expect(result.pages).toBeGreaterThanOrEqual(5);
  expect(result.parts).toBeGreaterThan(5);
  expect(result.summary).toContain("The captain wrote");
  expect(countTokens(result.summary)).toBeLessThanOrEqual(80);
  expect(written.join("")).toBe(result.summary);
  expect(progress.at(-1)).toBe(`${result.parts}/${result.parts}`);
});

test("Markdown is read as text", async () => {
  const { run } = setup(Buffer.from("# Title\n\nThe mill turns."), "text/markdown");
  expect(await run()).toMatchObject({ pages: 1, parts: 1 });
});

const text = (doc: PDFKit.PDFDocument) => void doc.text("secret words");
const drawing = (doc: PDFKit.PDFDocument) => void doc.rect(10, 10, 50, 50).fill("red");
test.each([
  ["DOCUMENT_ENCRYPTED", "application/pdf", () => makePdf(text, { userPassword: "x" })],
  ["DOCUMENT_NO_TEXT", "application/pdf", () => makePdf(drawing)],
  ["DOCUMENT_NO_TEXT", "text/plain", async () => Buffer.from(" \n ")],
  ["DOCUMENT_EMPTY", "application/pdf", async () => Buffer.alloc(0)],
  ["DOCUMENT_TYPE_MISMATCH", "application/pdf", async () => Buffer.from("words")],
  ["DOCUMENT_TYPE_MISMATCH", "text/plain", () => makePdf(text)],
  ["DOCUMENT_TYPE_MISMATCH", "image/png", async () => Buffer.from("words")],
  ["DOCUMENT_UNREADABLE", "application/pdf", async () => Buffer.from("%PDF-1.7 and no more")],
  ["DOCUMENT_UNREADABLE", "text/plain", async () => Buffer.from([0xff, 0xfe, 0x41])],
])("fails for good with %s for such a %s", async (reason, contentType, bytes) => {
  const { run } = setup(await bytes(), contentType);
  await expect(run()).rejects.toMatchObject({ reason, retryable: false });
});

test.each([{ maxTokens: "many" }, { unknown: 1 }, null])(
  "payload %j is malformed",
  async (payload) => {
    const { run } = setup(Buffer.from("words"), "text/plain", payload);
    await expect(run()).rejects.toMatchObject({ reason: "MALFORMED", retryable: false });
  },
);

test("a stop ends the summary with the stop's own reason", async () => {
  const { run, stop } = setup(await makePdf(text), "application/pdf");
  stop.abort(new Error("stop"));
  await expect(run()).rejects.toThrow("stop");
});

test("parts joined are the text, and none is over the limit", () => {
  const whole = `${story}\n\n${"word".repeat(3_000)}\n\n${story}`;
  const parts = splitText(whole, 300);
  expect(parts.join("")).toBe(whole);
  for (const part of parts) expect(countTokens(part)).toBeLessThanOrEqual(330);
});

test("chat streams the answer and returns it", async () => {
  const messages = [{ role: "user", content: "The mill turns. The river is high." }];
  const { context, written } = setup(Buffer.alloc(0), "text/plain", { messages });
  const result = await chatExecutor(extractiveProvider)(context);
  expect(result).toEqual({ text: "The mill turns. The river is high." });
  expect(written.length).toBe(2);
});
