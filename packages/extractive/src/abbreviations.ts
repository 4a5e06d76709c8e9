/** Abbreviations with a vowel. Those without one need no list. */
const listed = new Set(
  [
    "prof gen col maj capt cmdr lieut rev hon sen rep gov pres supt messrs mme mlle ave blvd univ dept inc co corp bros assn",
    "jan feb apr aug sept sep oct nov dec mon tue tues thu thur thurs fri sat sun no nos vol vols fig figs sec ch chap art eq",
    "ed eds al cf ca approx est incl excl ext max min op cit ibid viz etc alt ie eg abb abs anm aufl bes ders ebd evtl geb",
    "gest inkl jh kap nr od sog usw ggf zit env éd fasc hab núm pág págs sra srta ud uds av ej tel avda sig sigg ing avv ecc",
    "cap tav fil о г гг ул им см стр рис табл тыс млн проф акад и т д п др св нар ред изд",
  ]
    .join(" ")
    .split(" "),
);
/** Abbreviations that are also words. In lower case they are abbreviations only before a number. */
const alsoWords = new Set(
  "no nos art sun sat mon fig figs ed cap max min col gen sen rep sec hon ave inc ext alt ing fil min est о и".split(
    " ",
  ),
);
const vowel = /[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýœаеёиоуыэюяіїєαεηιουωάέήίόύώ]/iu;
const last = /(?:^|[^\p{L}\p{M}\p{N}.])((?:\p{L}\p{M}*\.)*\p{L}[\p{L}\p{M}]*)\.$/u;
/** A word with a full stop, after which the sentence goes on. */
const within = /(?<![\p{L}\p{M}.])(\p{L}{1,6})\.(?=[,;:]|\s+\p{Ll})/gu;
const without = /(?<![\p{L}\p{M}])\p{L}{1,6}(?![\p{L}\p{M}.])/gu;
const cased = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u;
const number = /^\p{N}/u;

/** Whether a text that ends with a full stop ends with an abbreviation. `next` is the text after it. */
export type EndsAbbreviated = (before: string, next: string) => "no" | "yes" | "perhaps";

/** Counts the short words that a text writes with a full stop inside a sentence, at least as often as without it. */
function stoppedWords(text: string): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const [, word = ""] of text.matchAll(within)) {
    counts.set(word.toLowerCase(), (counts.get(word.toLowerCase()) ?? 0) + 1);
  }
  if (counts.size > 0) {
    for (const [word] of text.matchAll(without)) {
      const lower = word.toLowerCase();
      const count = counts.get(lower);
      if (count !== undefined) counts.set(lower, count - 1);
    }
  }
  return new Set([...counts].filter(([, count]) => count >= 0).map(([word]) => word));
}

/**
 * Learns which words of a text are abbreviations. Besides known ones these are short words that the text itself writes with
 * a full stop inside a sentence. T. Kiss and J. Strunk, "Unsupervised Multilingual Sentence Boundary Detection"
 * (Computational Linguistics 32, 2006), too, read abbreviations off the text.
 */
export function abbreviationsOf(text: string): EndsAbbreviated {
  const stopped = stoppedWords(text);
  return (before, next) => {
    const word = last.exec(before.slice(-40))?.[1];
    if (word === undefined || !cased.test(word)) return "no";
    // Initials and "U.S." may also end a sentence.
    if (word.length === 1 || word.includes(".")) return "perhaps";
    const lower = word.toLowerCase();
    if (listed.has(lower)) {
      return word !== lower || number.test(next) || !alsoWords.has(lower) ? "perhaps" : "no";
    }
    if (word.length <= 4 && !vowel.test(word) && word !== word.toUpperCase()) return "yes";
    return stopped.has(lower) ? "perhaps" : "no";
  };
}
