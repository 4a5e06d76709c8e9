import type { Language } from "./language.ts";
import { isCode, type Passage } from "./passages.ts";
import type { Sentence } from "./sentences.ts";

/**
 * How willingly a sentence is quoted: prose first. In texts that have too little of it, then entries of some words, then
 * whole sentences about the document itself or from references, and last headings and rows.
 */
export type Standing = "prose" | "entry" | "aside" | "fragment";

const asideHeading =
  /^[\s\d.:IVX]*(?:references?|bibliograph(?:y|ie)|works cited|literature(?: cited)?|further reading|external links|sources|notes and references|licen[cs]e|copyright|legal notice|imprint|(?:table of )?contents|index|literatur(?:verzeichnis)?|quellen|inhalt(?:sverzeichnis)?|impressum|références|bibliografía|referencias|referências|riferimenti|bibliografia|литература|список литературы|содержание|参考文献|引用文献|目录|目次|المراجع|संदर्भ|เอกสารอ้างอิง)[\s.:]*$/iu;

/** Signs of an entry in a list of references. Several of them make one. */
const referenceSigns = [
  /\b(?:1[89]|20)\d\d[a-z]?\b/,
  /^\s*(?:\[\w+\]|\d{1,3}\.\s)/,
  /\p{Lu}\.(?:[ -]?\p{Lu}\.)*,? (?:and |& )?\p{Lu}|\p{Lu}\p{Ll}+, \p{Lu}\./u,
  /\bet al\b|\(eds?\.\)|\bIn: /,
  /\bdoi\b|https?:\/\/|\barXiv\b|\bISBN\b/i,
  /\bpp?\.\s?\d|\bpages \d|\bvol(?:\.|ume) ?\d|\d+\(\d+\)|:\d+[-–]\d+/i,
  /\b(?:Proc(?:eedings|\.)|Journal|Trans(?:actions|\.)|Conference|Press|Publish(?:er|ing)|Symposium|Review|Lett\.)\b/,
];

/** Words that are about the document, not about its subject. One of the first kind is enough, two of the second. */
const noticeSure =
  /all rights reserved|project gutenberg|©|\(c\) ?(?:19|20)\d\d|terms of (?:use|service)|privacy (?:policy|notice)|cookies?(?: policy)? (?:to|on|policy)|click here|subscribe (?:to|now)|(?:page|document|text|file|e-?book|site|translation|edition|version|transcript|article) (?:was|were|is|has been|have been) (?:automatically |carefully |kindly )?(?:translated|scanned|digiti[sz]ed|prepared|produced|generated|transcribed|provided|created|proofread|typeset)|do not edit|edit this page|(?:auto(?:matically)?[- ]?)generated (?:file|by|from)|last (?:updated|modified|edited|revised)|page \d+ of \d+|this page (?:intentionally|was|is)|alle rechte vorbehalten|tous droits réservés|todos los derechos reservados|все права защищены|版权所有|著作権|無断転載|转载|sign up (?:for|to)|follow us|back to top/i;
const noticeSign =
  /copyright|licen[cs]e[ds]?\b|trademark|redistribut|public domain|\be-?books?\b|\bisbn\b|warrant(?:y|ies)|\bliab(?:le|ility)|permission|please (?:write|contact|report|send|e-?mail|let us|see|visit)|if you (?:find|notice|spot|see|have|wish|would like)|\berrors?\b|\bvolunteers?\b|proofread|\beditors?\b|\btranslat(?:ed|ion|ors?)\b|newsletter|\bvisit\b|\bdonat(?:e|ions?)\b|disclaimer|at the time of (?:publication|printing)|this (?:booklet|brochure|leaflet)|www\.|https?:|@\w+\.|lizenz|urheberrecht|übersetz|licence|licencia|лицензи|许可|翻译|翻訳/gi;
/** If more of the sentences than this part are such notices, they are what the text is about. */
const noticeShare = 0.5;
/** A passage up to this length is a notice as a whole. */
const noticeChars = 700;
/** A sentence between notices at most this far away is one, too. */
const noticeReach = 2;

const entryWords = 5;
const digitShare = 0.2;
const capitalShare = 0.6;
const upperShare = 0.6;
const minStopShare = 0.08;
const linkShare = 0.5;

/** Scripts by the letters that tell them, for sentences in another one than the text's. */
const scripts = [
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu,
  ...[
    "Latin",
    "Cyrillic",
    "Greek",
    "Arabic",
    "Hebrew",
    "Devanagari",
    "Bengali",
    "Thai",
    "Hangul",
  ].map((name) => new RegExp(`\\p{Script=${name}}`, "gu")),
];

/** Cells, dot leaders, lines to write on, formulas, and the end of an entry in a list of references. */
const rowSign = / \| |\t|(?:\.\s?){5,}|_{3,}|\\[a-z]+\{|(?:\$[^$]+\$.*){2}|\bpp?\. ?\d.{0,12}$/;

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** Returns the pattern of the script that most letters of the text have. */
function scriptOf(sentences: readonly Sentence[]): RegExp | undefined {
  const step = Math.max(1, Math.floor(sentences.length / 200));
  const sample = sentences
    .filter((_, i) => i % step === 0)
    .map(({ text }) => text)
    .join(" ");
  const counts = scripts.map((script) => count(sample, script));
  const most = Math.max(...counts);
  return most === 0 ? undefined : scripts[counts.indexOf(most)];
}

/** Whether a whole "sentence" is rather a row of figures, a list of names, or a line in capitals. */
function isListing({ text, words }: Sentence, { known, stopWords }: Language): boolean {
  const letters = count(text, /\p{L}/gu);
  const digits = count(text, /\p{N}/gu);
  if (digits / (letters + digits) > digitShare) return true;
  if (count(text, /\p{Lu}/gu) / letters > upperShare) return true;
  if (rowSign.test(text) || isCode(text)) return true;
  if (words.length < 6) return false;
  const capitals = count(text, /(?<![\p{L}\p{M}])\p{Lu}/gu);
  const cased = count(text, /(?<![\p{L}\p{M}])[\p{Lu}\p{Ll}]/gu);
  if (cased >= 6 && capitals / cased > capitalShare) return true;
  if (!known || words.length < 10 || cased < 10) return false;
  return words.filter((word) => stopWords.has(word)).length / words.length < minStopShare;
}

/** Whether a sentence has only one of a pair of quotation marks or brackets, so that its other part is elsewhere. */
function isCut(text: string): boolean {
  if (count(text, /"/g) % 2 === 1 || count(text, /[([（]/g) !== count(text, /[)\]）]/g))
    return true;
  // German quotations begin with „ and end with “.
  const opening = /„/.test(text) ? /[„«「『]/g : /[“«「『]/g;
  const ending = /„/.test(text) ? /[“”»」』]/g : /[”»」』]/g;
  return count(text, opening) !== count(text, ending);
}

/** Tells which passages are below a heading such as "References", and which look like an entry of references. */
function asidePassages(passages: readonly Passage[]): boolean[] {
  let level: number | undefined;
  return passages.map((passage) => {
    const { text } = passage;
    const titled = text.length < 60 && asideHeading.test(text);
    if (titled) level = passage.level;
    else if (
      passage.kind === "heading" &&
      level !== undefined &&
      (level === 0 || passage.level <= level)
    )
      level = undefined;
    if (titled) return true;
    const signs = text.length > 700 ? 0 : referenceSigns.filter((sign) => sign.test(text)).length;
    // A heading of plain text has no level, so only what looks like an entry is left out below it.
    if (level !== undefined) return level > 0 || signs >= 1;
    return signs >= 4 || passage.linked > linkShare;
  });
}

const isNotice = (text: string): boolean =>
  noticeSure.test(text) || new Set(text.toLowerCase().match(noticeSign)).size >= 2;

/** Tells which sentences are notices: licences, imprints, invitations to write to the editor. */
function noticesAmong(passages: readonly Passage[], sentences: readonly Sentence[]): boolean[] {
  const whole = passages.map(({ text }) => text.length < noticeChars && isNotice(text));
  const marked = sentences.map(({ text, passage }) => whole[passage] === true || isNotice(text));
  const near = (index: number, step: number) =>
    Array.from({ length: noticeReach }, (_, i) => marked[index + step * (i + 1)]).includes(true);
  const notices = marked.map((one, index) => one || (near(index, -1) && near(index, 1)));
  const share = notices.filter(Boolean).length / Math.max(1, notices.length);
  return share > noticeShare ? notices.map(() => false) : notices;
}

/** Tells the standing of each sentence. */
export function standingsOf(
  passages: readonly Passage[],
  sentences: readonly Sentence[],
  language: Language,
): Standing[] {
  const asides = asidePassages(passages);
  const notices = noticesAmong(passages, sentences);
  const script = scriptOf(sentences);
  return sentences.map((sentence, index) => {
    const { text, passage, isWhole } = sentence;
    if (isCut(text) || isListing(sentence, language)) return "fragment";
    const isForeign = script !== undefined && count(text, script) < count(text, /\p{L}/gu) / 2;
    const isAside = asides[passage] || notices[index] || isForeign;
    if (isWhole) return isAside ? "aside" : "prose";
    const isHeading = passages[passage]?.kind === "heading";
    return isAside || isHeading || sentence.words.length < entryWords ? "fragment" : "entry";
  });
}
