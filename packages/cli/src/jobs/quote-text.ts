import type { Quote, QuotedRange, QuotedTimes } from "@millrace/client";
import { dollarsText } from "../dollars.ts";
import { details } from "../table.ts";
import { timeText } from "../times.ts";
import { constraintTable } from "./explain.ts";

/** Formats the quote of one job for people. */
export function quoteText({ quotes: [quote] }: Quote): string {
  if (quote === undefined) throw new Error("the answer has no quote");
  const { inputTokens, outputTokens, tokens, costMicros, start, end } = quote;
  const estimated = quote.estimatedDocumentIds;
  const summary = details([
    ["tokens", rangeText(tokens)],
    ["input", rangeText(inputTokens)],
    ["output", rangeText(outputTokens)],
    ["counted from", quote.tokenBasis],
    ["dollars", costMicros === undefined ? "not known" : rangeText(costMicros, dollarsOf)],
    ["starts", timesText(start)],
    ["ends", timesText(end)],
    ["estimated from", quote.timeBasis],
    ["by size alone", estimated.length === 0 ? undefined : estimated.join(", ")],
  ]);
  const { constraints } = quote;
  return constraints.length === 0 ? summary : `${summary}\n\n${constraintTable(constraints)}`;
}

const dollarsOf = (micros: number) => dollarsText(BigInt(micros));

function rangeText({ low, likely, high }: QuotedRange, write = String as (n: number) => string) {
  return low === high ? write(likely) : `${write(likely)} (${write(low)} to ${write(high)})`;
}

function timesText({ low, likely, high }: QuotedTimes): string {
  if (likely === undefined) {
    return low === undefined ? "not known" : `${timeText(low)} or later`;
  }
  return `${timeText(likely)} (${timeText(low)} to ${timeText(high)})`;
}
