import type { BatchResult } from "@millrace/job-types";
import type { Clock } from "@millrace/shared";
import type { AttemptContext } from "@millrace/worker-sdk";
import { type EndedLine, type EndedParts, endedLines, isOutput, textOf } from "./ended-lines.ts";
import { Sums } from "./sums.ts";

const PURPOSE = "batch_output";
/** How much text is sent at once. */
const PIECE_CHARS = 64 * 1_024;
const MS = 1_000;

export interface WriteParts extends EndedParts {
  readonly clock: Pick<Clock, "nowMs">;
  readonly storeDocument: AttemptContext["storeDocument"];
}

async function* piecesOf(
  parts: EndedParts,
  belongs: (line: EndedLine) => boolean,
): AsyncGenerator<Uint8Array> {
  let text = "";
  for await (const line of endedLines(parts)) {
    if (!belongs(line)) continue;
    text += `${textOf(line)}\n`;
    if (text.length < PIECE_CHARS) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}

/**
 * Writes the files of a batch whose lines have ended, and returns what the batch came to. Each file is made in a pass of its own
 * over the lines, so that no more than a few of them are in memory. Repeating it makes the same files.
 */
export async function writeFiles(parts: WriteParts): Promise<BatchResult> {
  const { batch, lines, clock, storeDocument } = parts;
  const sums = new Sums();
  for await (const line of endedLines(parts, { costs: true })) sums.add(line);
  const { output_expires_after: expires } = batch;
  const write = async (name: string, belongs: (line: EndedLine) => boolean) => {
    const { id } = await storeDocument({
      content: () => piecesOf(parts, belongs),
      name,
      purpose: PURPOSE,
      ...(expires === undefined ? {} : { expiresAtMs: clock.nowMs() + expires.seconds * MS }),
    });
    return id;
  };
  const name = batch.input_file_id;
  const { counts, usage, cost, total, completed } = sums;
  const output = completed > 0 ? await write(`${name}_output.jsonl`, isOutput) : undefined;
  const hasErrors = completed < total;
  const errors = hasErrors
    ? await write(`${name}_errors.jsonl`, (line) => !isOutput(line))
    : undefined;
  return {
    status: lines.state === "CANCELLED" ? "cancelled" : sums.expired > 0 ? "expired" : "completed",
    request_counts: counts,
    ...{ usage, cost },
    ...(output === undefined ? {} : { output_file_id: output }),
    ...(errors === undefined ? {} : { error_file_id: errors }),
  };
}
