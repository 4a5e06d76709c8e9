/** An estimate of a number of tokens. */
export interface TokenRange {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

/** The tokens that an attempt of a job reads and writes, as its payload and its documents say. */
export interface JobTokens {
  readonly input: TokenRange;
  /** `high` is what the job allows. */
  readonly output: TokenRange;
  /** For people. */
  readonly basis: string;
  /** How many jobs of their own it would hand its parts to. */
  readonly parts?: number;
}

export const exactly = (tokens: number): TokenRange => ({
  ...{ low: tokens, likely: tokens, high: tokens },
});

/** In English a token has about four bytes. Tables and code have fewer, and models of other makers count differently. */
const BYTES_PER_TOKEN: TokenRange = { low: 5, likely: 4, high: 2.5 };

/** The tokens of so many bytes of text. */
export const tokensOfBytes = (bytes: number): TokenRange => ({
  low: Math.floor(bytes / BYTES_PER_TOKEN.low),
  likely: Math.ceil(bytes / BYTES_PER_TOKEN.likely),
  high: Math.ceil(bytes / BYTES_PER_TOKEN.high),
});

export const plus = (...ranges: readonly TokenRange[]): TokenRange =>
  ranges.reduce(
    (sum, one) => ({
      low: sum.low + one.low,
      likely: sum.likely + one.likely,
      high: sum.high + one.high,
    }),
    exactly(0),
  );
