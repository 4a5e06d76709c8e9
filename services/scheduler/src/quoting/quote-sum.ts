import type { MessageInitShape } from "@bufbuild/protobuf";
import type { QuoteSumSchema } from "@millrace/proto/job-service";
import { timestampOf } from "@millrace/runtime";
import type { Range } from "../policy/quote-times.ts";

/** One job's quote, in numbers. */
export interface Quoted {
  readonly tokens: Range;
  readonly cost: Range | undefined;
  readonly start: Partial<Range>;
  readonly end: Partial<Range>;
}

const parts = ["low", "likely", "high"] as const;

export const rangeMessage = ({ low, likely, high }: Range) => ({
  ...{ low: BigInt(Math.round(low)), likely: BigInt(Math.round(likely)) },
  high: BigInt(Math.round(high)),
});

export function timesMessage(times: Partial<Range>) {
  const known = parts.filter((part) => times[part] !== undefined);
  if (known.length === 0) return undefined;
  return Object.fromEntries(known.map((part) => [part, timestampOf(Math.round(times[part] ?? 0))]));
}

/** All jobs together: the first start, and the last end. */
export function quoteSum(quotes: readonly Quoted[]): MessageInitShape<typeof QuoteSumSchema> {
  const priced = quotes.flatMap(({ cost }) => cost ?? []);
  const times = (of: "start" | "end", choose: (...ms: number[]) => number): Partial<Range> =>
    Object.fromEntries(
      parts.flatMap((part) => {
        const known = quotes.flatMap((quote) => quote[of][part] ?? []);
        return known.length < quotes.length ? [] : [[part, choose(...known)]];
      }),
    );
  const start = timesMessage(times("start", Math.min));
  const end = timesMessage(times("end", Math.max));
  return {
    tokens: rangeMessage(sumOf(quotes.map(({ tokens }) => tokens))),
    ...(priced.length === 0 ? {} : { costMicros: rangeMessage(sumOf(priced)) }),
    unpricedJobs: quotes.length - priced.length,
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
}

export const sumOf = (ranges: readonly Range[]): Range =>
  ranges.reduce(
    (sum, one) => ({
      low: sum.low + one.low,
      likely: sum.likely + one.likely,
      high: sum.high + one.high,
    }),
    { low: 0, likely: 0, high: 0 },
  );
