import type { summarizePayload } from "@millrace/job-types";
import type { z } from "zod";
import type { JobTokens, TokenRange } from "./token-range.ts";

/** What the instructions of one call take. */
const PROMPT_TOKENS = 120;
/** The bounds of the length of a part's summary, as the executor sets them. */
const PART_SUMMARY = { least: 96, most: 8_192 };
/** A model's summary is about this share of the length that it may have. */
const USED_SHARE = 0.7;
/** If summaries do not become shorter, the last round takes all of them. */
const MOST_ROUNDS = 8;

type Payload = z.infer<typeof summarizePayload>;

/**
 * The tokens of a summary, whose executor splits the text into parts, summarises each part, and then the summaries together, in
 * as many rounds as it needs.
 */
export function summaryTokens(payload: Payload, documents: TokenRange): JobTokens {
  const low = roundsOf(payload, documents.low, 0.3);
  const likely = roundsOf(payload, documents.likely, USED_SHARE);
  const high = roundsOf(payload, documents.high, 1);
  return {
    input: { low: low.input, likely: likely.input, high: high.input },
    output: { low: low.output, likely: likely.output, high: high.output },
    parts: likely.parts,
    basis:
      likely.parts === 1
        ? "the documents' text, and the longest summary that the job allows"
        : `the documents' text in about ${likely.parts} parts, their summaries, and the longest summary that the job allows`,
  };
}

/** The tokens of all calls if each answer takes this share of its longest length. */
function roundsOf(payload: Payload, textTokens: number, share: number) {
  const { maxTokens, partTokens, instruction, reasoningTokens = 0 } = payload;
  const prompt = PROMPT_TOKENS + Math.ceil(instruction.length / 4);
  const thought = reasoningTokens * share;
  let [input, output, text] = [0, 0, Math.max(1, textTokens)];
  let first = 1;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const parts = Math.ceil(text / partTokens);
    if (round === 0) first = parts;
    if (parts === 1) break;
    const longest = Math.min(
      PART_SUMMARY.most,
      Math.max(PART_SUMMARY.least, Math.floor(partTokens / (parts * 1.1))),
    );
    const summaries = parts * longest * share;
    input += text + parts * prompt;
    output += summaries + parts * thought;
    if (summaries >= text) break;
    text = summaries;
  }
  return {
    input: Math.ceil(input + text + prompt),
    output: Math.ceil(output + maxTokens * share + thought),
    parts: first,
  };
}
