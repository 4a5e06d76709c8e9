import { expect, test } from "vitest";
import { VisibleText } from "./visible-text.ts";

function read(pieces: readonly string[], { cut = false } = {}) {
  const visible = new VisibleText();
  const text = pieces.map((piece) => visible.push(piece)).join("") + visible.end(cut);
  return { text, thought: visible.thought, said: visible.said };
}

const answers: readonly [answer: string, text: string, thought: boolean][] = [
  ["", "", false],
  ["By water.", "By water.", false],
  ["  By\n\nwater. ", "  By\n\nwater. ", false],
  [" \n ", "", false],
  ["<think>Hmm.</think>By water.", "By water.", true],
  ["\n<think>\nHmm.\n</think>\n\n  By water.", "By water.", true],
  ["<think></think>By water.", "By water.", false],
  ["<thinking>Hmm.</thinking> By water.", "By water.", true],
  ["[THINK]Hmm.[/THINK]By water.", "By water.", true],
  ["<think>One.</think>\n<think>Two.</think>By water.", "By water.", true],
  ["By <think>Hmm.</think>water.", "By water.", true],
  ["<think>Hmm. By water.", "", true],
  ["<think>Hmm.</thin", "", true],
  ["<think>Hmm.</think>", "", true],
  ["Write <think> here.", "Write <think> here.", false],
  ["Write `<think>x</think>` here.", "Write `<think>x</think>` here.", false],
  ["x</think>y", "x</think>y", false],
  ["a < b <thin", "a < b <thin", false],
  ["<thinker> turns", "<thinker> turns", false],
];

test.each(answers)("takes thought out of %j", (answer, text, thought) => {
  expect(read([answer])).toEqual({ text, thought, said: text !== "" });
});

test.each(answers)("takes the same out of %j wherever it is split", (answer, text) => {
  expect(read([...answer]).text).toBe(text);
  for (let at = 0; at <= answer.length; at += 1) {
    expect(read([answer.slice(0, at), answer.slice(at)]).text).toBe(text);
  }
});

test("takes out a thought that the length limit cut", () => {
  expect(read(["By water. <think>Hmm."], { cut: true }).text).toBe("By water. ");
});

test("passes on text as soon as it cannot belong to a tag", () => {
  const visible = new VisibleText();
  expect(visible.push("By <")).toBe("By ");
  expect(visible.push("3 men")).toBe("<3 men");
});

test.each([
  ["Hmm.</think>By water.", "By water."],
  ["<think>Hmm.</think>\n\nBy water.", "By water."],
  ["Hmm.", ""],
])("takes %j as thought until the first closing tag where the server says so", (answer, text) => {
  const visible = new VisibleText(true);
  expect(visible.push(answer) + visible.end(false)).toBe(text);
});
