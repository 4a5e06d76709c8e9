/** One thing wrong with a configuration: `field` is a path such as `queues[1].name`, "" for all of it. */
export interface Violation {
  readonly field: string;
  readonly description: string;
}

/** One thing wrong with a configuration file, and where: both count from 1. */
export interface Problem extends Violation {
  readonly line: number;
  readonly column: number;
}

/** A problem as compilers write them. */
export const problemText = (file: string, { line, column, field, description }: Problem): string =>
  `${file}:${line}:${column}: ${field === "" ? "" : `${field}: `}${description}`;
