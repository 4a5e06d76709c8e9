/** One fault of a configuration. `field` is a path such as `queues[1].name`, or "" for the whole file. */
export interface Violation {
  readonly field: string;
  readonly description: string;
}

/** One fault of a configuration file with its place. Lines and columns count from 1. */
export interface Problem extends Violation {
  readonly line: number;
  readonly column: number;
}

/** Formats a problem as compilers do. */
export const problemText = (file: string, { line, column, field, description }: Problem): string =>
  `${file}:${line}:${column}: ${field === "" ? "" : `${field}: `}${description}`;
