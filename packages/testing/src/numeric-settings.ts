interface Schema {
  safeParse(value: unknown): {
    readonly error?: { readonly issues: readonly { readonly code: string }[] } | undefined;
  };
}

/**
 * Returns the variables of all numeric settings, sorted. A setting is numeric if its schema wants a number in
 * place of a word. Tests use this to hold a table of bounds to all numeric settings.
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
