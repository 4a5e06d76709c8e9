import type { BatchPayload } from "@millrace/job-types";
import { limits } from "@millrace/shared";
import { expect, test } from "vitest";
import { checkFile } from "./check-file.ts";
import type { Line } from "./lines.ts";

const batch: BatchPayload = {
  ...{ input_file_id: "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B", endpoint: "/v1/embeddings" },
  ...{ completion_window: "24h", expires_after_ms: 86_400_000, priority: 75, models: ["m"] },
};

async function* linesLike(count: number, textOf: (number: number) => string): AsyncGenerator<Line> {
  for (let number = 1; number <= count; number += 1) yield { number, text: textOf(number) };
}

const line = (customId: string, input: unknown = "a") =>
  JSON.stringify({
    ...{ custom_id: customId, method: "POST", url: "/v1/embeddings" },
    body: { model: "m", input },
  });

const check = (count: number, textOf: (number: number) => string) =>
  checkFile(linesLike(count, textOf), batch, async () => false);

test("a file may have as many lines as the limit, and no more", async () => {
  const most = await check(limits.batchLines, (n) => line(`id ${n}`));
  expect(most).toEqual({ requests: limits.batchLines, errors: [] });
  const more = await check(limits.batchLines + 1, (n) => line(`id ${n}`));
  expect(more.errors).toMatchObject([{ code: "too_many_lines", line: limits.batchLines + 1 }]);
});

test("the list of errors ends after a thousand, and says so", async () => {
  const { errors } = await check(1_500, () => "{");
  expect(errors).toHaveLength(1_001);
  expect(errors[999]).toMatchObject({ code: "invalid_json_line", line: 1_000 });
  expect(errors[1_000]).toMatchObject({ code: "too_many_errors", line: null });
});

test("a custom_id may have 512 characters, and is told with the line that had it first", async () => {
  const ids = ["a".repeat(512), "a".repeat(513), "b", "b"];
  const { errors } = await check(ids.length, (n) => line(ids[n - 1] ?? ""));
  expect(errors).toMatchObject([
    { code: "invalid_custom_id", line: 2 },
    { code: "duplicate_custom_id", line: 4, message: "line 3 has the same custom_id" },
  ]);
});

test("a body may have as many bytes as a payload, and no more", async () => {
  const room = limits.payloadBytes - Buffer.byteLength('{"model":"m","input":""}');
  const { errors } = await check(2, (n) => line(`${n}`, "x".repeat(room + n - 1)));
  expect(errors).toMatchObject([{ code: "request_too_large", line: 2, param: "body" }]);
});

test("escapes do not make a body too large that fits as a payload", async () => {
  const escaped = line("a", "x").replace('"x"', `"${"\\u0041".repeat(60_000)}"`);
  expect((await check(1, () => escaped)).errors).toEqual([]);
});
