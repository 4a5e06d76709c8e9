const rightToLeftLetters = /[\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}\p{sc=Thaana}\p{sc=Nko}]/gu;
const letters = /\p{L}/gu;

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

/** Whether most letters of some texts are of scripts that run to the left. */
export function areMostlyToTheLeft(texts: readonly string[]): boolean {
  const text = texts.join(" ");
  const back = count(text, rightToLeftLetters);
  return back > 0 && back * 2 > count(text, letters);
}

/**
 * Whether texts of one line, or of columns beside each other, are read from the right. In a page that is read from the
 * right, Latin texts beside Hebrew ones do not count: they may be cells of a table. In other pages they do, since a
 * sentence may quote a few words.
 */
export function runToTheLeft(texts: readonly string[], inPageToTheLeft: boolean): boolean {
  return areMostlyToTheLeft(
    inPageToTheLeft ? texts.filter((text) => count(text, rightToLeftLetters) > 0) : texts,
  );
}

/**
 * Puts parts of a line, sorted from left to right, into the order of reading. In a line that runs to the left, Latin
 * words and numbers that stand side by side keep their order.
 */
export function inReadingOrder<Part extends { readonly isRightToLeft: boolean }>(
  parts: readonly Part[],
  toTheLeft: boolean,
): Part[] {
  if (parts.every(({ isRightToLeft }) => isRightToLeft === toTheLeft)) {
    return toTheLeft ? parts.toReversed() : [...parts];
  }
  const groups: Part[][] = [];
  for (const part of parts) {
    const group = groups.at(-1);
    if (group?.[0]?.isRightToLeft === part.isRightToLeft) group.push(part);
    else groups.push([part]);
  }
  const inGroups = groups.map((group) => (group[0]?.isRightToLeft ? group.toReversed() : group));
  return (toTheLeft ? inGroups.toReversed() : inGroups).flat();
}
