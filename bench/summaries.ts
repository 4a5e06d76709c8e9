/**
 * How good are the summaries of the built-in provider? `node bench/summaries.ts`
 *
 * Compares them with lead-3 (the first three sentences), LexRank and TextRank by ROUGE-1, ROUGE-2 and ROUGE-L (F1, on stems,
 * C.-Y. Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004). The texts of bench/summaries each have one
 * reference, written for this set. Our settings were tuned on one half of the texts only. All methods but lead-3 may use
 * the same number of tokens: 100, and at most a fifth of the text.
 */
import "./parts/arguments.ts";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { keySentences } from "@millrace/extractive";
import { tokenCount } from "@millrace/extractive/token-count";
import { l as rougeL, n as rougeN, sentenceSegment } from "js-rouge";
import { parse } from "yaml";
import { circumstances, keep } from "./parts/report.ts";
import { lead, lexRank, type RankSentences, stemsOf, textRank } from "./parts/summary-baselines.ts";

interface Text {
  readonly name: string;
  readonly half: "tuning" | "kept";
  readonly reference: string;
  readonly text: string;
}

const maxTokens = 100;
const folder = join(import.meta.dirname, "summaries");
const texts = readdirSync(folder)
  .filter((file) => file.endsWith(".yaml"))
  .map((file): Text => {
    const text = parse(readFileSync(join(folder, file), "utf8")) as Omit<Text, "name">;
    return { ...text, name: file.replace(/\.yaml$/, "") };
  });

const sentencesOf = (text: string): string[] =>
  text.split(/\n\s*\n/).flatMap((paragraph) => sentenceSegment(paragraph.replace(/\s+/g, " ")));

/** Takes sentences by rank while they fit, and at least one, in the text's order. */
const byRank = (rank: RankSentences) => (text: string) => {
  const sentences = sentencesOf(text);
  const ranks = rank(sentences);
  const order = sentences
    .map((_, i) => i)
    .sort((a, b) => (ranks[b] ?? 0) - (ranks[a] ?? 0) || a - b);
  const budget = Math.min(maxTokens, Math.ceil(tokenCount(text) / 5));
  const chosen: number[] = [];
  let tokens = 0;
  for (const i of order) {
    const cost = tokenCount(sentences[i] ?? "") + 1;
    if (tokens + cost > budget) continue;
    chosen.push(i);
    tokens += cost;
  }
  if (chosen.length === 0) chosen.push(order[0] ?? 0);
  return chosen
    .sort((a, b) => a - b)
    .map((i) => sentences[i])
    .join(" ");
};

const methods: Readonly<Record<string, (text: string) => string>> = {
  "lead-3": (text) => sentencesOf(text).slice(0, 3).join(" "),
  lead: byRank(lead),
  TextRank: byRank(textRank),
  LexRank: byRank(lexRank),
  extractive: (text) => keySentences({ text, maxTokens, question: "" }).sentences.join(" "),
};

const options = { tokenizer: stemsOf };
const scores = (summary: string, reference: string): number[] => [
  rougeN(summary, reference, { ...options, n: 1 }),
  rougeN(summary, reference, { ...options, n: 2 }),
  rougeL(summary, reference, options),
];

const percent = (values: readonly number[]): number =>
  Math.round((1_000 * values.reduce((sum, value) => sum + value, 0)) / values.length) / 10;

const halves = (["tuning", "kept"] as const).map((half) => {
  const some = texts.filter((text) => text.half === half);
  console.log(`${half}: ${some.length} texts`);
  const meanOf = (name: string, { text, reference }: Text) =>
    percent(scores(methods[name]?.(text) ?? "", reference));
  const ahead = some.filter((text) => meanOf("extractive", text) > meanOf("LexRank", text)).length;
  const results = Object.entries(methods).map(([name, summarise]) => {
    const all = some.map(({ text, reference }) => scores(summarise(text), reference));
    const [rouge1, rouge2, rougeLcs] = [0, 1, 2].map((i) => percent(all.map((one) => one[i] ?? 0)));
    const mean = percent(all.flat());
    console.log(
      `  ${name.padEnd(12)} ROUGE-1 ${rouge1}  ROUGE-2 ${rouge2}  ROUGE-L ${rougeLcs}  mean ${mean}`,
    );
    return { name, rouge1, rouge2, rougeL: rougeLcs, mean };
  });
  console.log(`  extractive is ahead of LexRank in ${ahead} of ${some.length} texts`);
  return { half, texts: some.length, aheadOfLexRank: ahead, results };
});
const { redis: _redis, bullmq: _bullmq, loadBefore: _load, ...about } = circumstances("");
keep("summaries", {
  question: "how good are summaries without a model: ROUGE F1 in percent",
  ...{ ...about, maxTokens, halves },
});
