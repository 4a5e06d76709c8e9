import { expect, test } from "vitest";
import { languageOf } from "./language.ts";
import { passagesOf } from "./passages.ts";
import { SentenceSplitter, sentencesOf } from "./sentences.ts";

const split = (text: string) =>
  sentencesOf(passagesOf(text), new SentenceSplitter(text, languageOf(text)));
const textsOf = (text: string) => split(text).map((sentence) => sentence.text);

test.each<[string, readonly string[]]>([
  ["initials", ["Mr. J. R. Smith met A. A. Milne in the old house.", "He said little."]],
  ["abbreviations", ["Dr. House saw Prof. Hill at 5 St. James St. in Jan. 2003.", "It rained."]],
  ["numbers", ["See No. 5 in Fig. 3 and Sec. 2.1 on pp. 3-5.", "The price was 3.14 crowns."]],
  [
    "states",
    [
      "Winter in the Central U.S. Plains was dry.",
      "It was worse in the U.S.",
      "The farmers waited.",
    ],
  ],
  [
    "words that are abbreviations too",
    ["He said no.", "Then he left.", "She likes art.", "The end came soon."],
  ],
  ["times", ["They met at 3 p.m. on the pier.", "Nobody else came."]],
  ["speech", ['"Go away!" he said to them.', 'She cried, "Stop!"', "Then it was quiet."]],
  ["brackets", ["(It was late.)", "We left the town at once."]],
  ["ellipses", ["He thought ... and then he went on.", "Nobody knew why."]],
])("does not break sentences at %s", (_, sentences) => {
  expect(textsOf(sentences.join(" "))).toEqual(sentences);
});

test.each<[string, readonly string[]]>([
  [
    "German",
    [
      "Der Vertrag wurde am 3. Oktober von Hrn. Dr. Schmidt, z. B. in Bonn, geschlossen.",
      "Das war gut so.",
    ],
  ],
  ["French", ["M. Dupont habite au n. 5 de la rue.", "Elle est très longue et calme."]],
  ["Russian", ["Город основан в 1850 г. на берегу реки.", "Там живёт много людей."]],
  ["Chinese", ["水磨坊建于一八五〇年。", "他问：“你是谁？”", "没有人回答他的问题。"]],
  ["Japanese", ["「行くぞ！」と彼は言った。", "誰も答えなかったのです。"]],
  ["Hindi", ["यह नदी के किनारे एक मिल है।", "क्या तुम उसे जानते हो?"]],
  ["Arabic", ["هذه طاحونة قديمة على ضفة النهر.", "هل تعرف هذه الطاحونة؟"]],
  ["Urdu", ["یہ دریا کے کنارے ایک پرانی چکی ہے۔", "کیا تم اسے جانتے ہو؟"]],
  ["Greek", ["Ο μύλος βρίσκεται δίπλα στο ποτάμι.", "Χτίστηκε πριν από πολλά χρόνια."]],
])("finds the sentences of %s, and each is whole", (_, sentences) => {
  const text = sentences.join(/\p{Script=Han}/u.test(sentences.join("")) ? "" : " ");
  expect(textsOf(text)).toEqual(sentences);
  expect(split(text).map(({ isWhole }) => isWhole)).toEqual(sentences.map(() => true));
});

test("splits Thai, which has no full stop, between clauses", () => {
  const text =
    "โรงสีน้ำแห่งนี้สร้างขึ้นในปี พ.ศ. 2393 ตั้งอยู่ริมแม่น้ำทางเหนือของเมือง คนโรงสีเปิดประตูน้ำทุกเช้า น้ำจะหมุนกังหันไม้ไปจนถึงเย็น ในฤดูหนาวแม่น้ำเป็นน้ำแข็ง โรงสีต้องหยุดงานหลายสัปดาห์";
  const sentences = split(text);
  expect(sentences.length).toBeGreaterThan(1);
  expect(sentences.map((one) => one.text).join(" ")).toBe(text);
  expect(sentences.every(({ isWhole, words }) => isWhole && words.length > 3)).toBe(true);
});

test("splits a text without any capitals", () => {
  const sentences = [
    "so we went to the mill, and it was closed.",
    "then we waited for an hour, until the miller came and opened the door.",
    "we saw the wheel, which was turning slowly in the water, and nobody said a word.",
    "after that we left for the town again.",
  ];
  expect(textsOf(sentences.join(" "))).toEqual(sentences);
  expect(split(sentences.join(" ")).every(({ isWhole }) => isWhole)).toBe(true);
});

test("learns abbreviations from the text itself", () => {
  const text = "Take 3 tsps. of salt and 2 tsps. of oil. Add 5 tsps. Himalayan pepper to the bowl.";
  expect(textsOf(text)).toEqual([
    "Take 3 tsps. of salt and 2 tsps. of oil.",
    "Add 5 tsps. Himalayan pepper to the bowl.",
  ]);
});

test.each([
  "Central U.S.",
  "Weather in the Northern Central U.S.",
  "The Mill Company Inc.",
  "The mill",
  "and then it stopped.",
  "Price: 5 crowns",
  "See below:",
])("does not take %j for a whole sentence", (text) => {
  expect(split(text).map(({ isWhole }) => isWhole)).toEqual([false]);
});

test.each(["He lives in the U.S.", "The mill belongs to Acme Inc.", "Call me Ishmael."])(
  "takes %j for a whole sentence",
  (text) => {
    expect(split(text).map(({ isWhole }) => isWhole)).toEqual([true]);
  },
);

test("takes time in proportion to the length of a text without sentences", () => {
  expect(split("w. ".repeat(100_000)).length).toBeGreaterThan(0);
});
