interface Schema {
  safeParse(value: unknown): {
    readonly error?: { readonly issues: readonly { readonly code: string }[] } | undefined;
  };
}

/**
 * The variables of all settings that are numbers, sorted. It tells them by what they say of a word, so
 * that a table of bounds can be held to all that there are.
 */
export const numericSettings = ({
  settings,
}: {
  readonly settings: Readonly<Record<string, { readonly env: string; readonly schema: Schema }>>;
}): readonly string[] =>
  Object.values(settings)
    .filter(({ schema }) => wantsNumber(schema))
    .map(({ env }) => env)
    .sort();

const wantsNumber = (schema: Schema): boolean =>
  (schema.safeParse("word").error?.issues ?? []).some(
    (issue) => "expected" in issue && issue.expected === "number",
  );
