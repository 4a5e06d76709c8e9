import { timestampDate } from "@bufbuild/protobuf/wkt";
import type {
  JobQuote as JobQuoteMessage,
  QuotedRange as QuotedRangeMessage,
  QuotedTimes as QuotedTimesMessage,
  QuoteJobsResponse,
} from "@millrace/proto/job-service";
import { type Constraint, constraintOf } from "./explanation.ts";

/** An amount as it is estimated. The actual amount should lie between `low` and `high`, and is not certain to. */
export interface QuotedRange {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

/** A time as it is estimated. A time is left out where there is no basis for it. */
export interface QuotedTimes {
  readonly low?: Date;
  readonly likely?: Date;
  readonly high?: Date;
}

/** What one job would spend, and when it would run. */
export interface JobQuote {
  readonly inputTokens: QuotedRange;
  readonly outputTokens: QuotedRange;
  /** Input and output together. */
  readonly tokens: QuotedRange;
  /** In micro-dollars (millionths of a US dollar). Left out: the cost is not known. */
  readonly costMicros?: QuotedRange;
  readonly start: QuotedTimes;
  /** If the first attempt succeeds. */
  readonly end: QuotedTimes;
  /** What would hold the job now. The constraint that would clear last comes first. */
  readonly constraints: readonly Constraint[];
  readonly timeBasis: string;
  readonly tokenBasis: string;
  /** Documents whose tokens are estimated from their size. */
  readonly estimatedDocumentIds: readonly string[];
}

/** What jobs would spend, and when they would run, at one moment. */
export interface Quote {
  /** One quote for each job, in order. */
  readonly quotes: readonly JobQuote[];
  readonly sum: {
    readonly tokens: QuotedRange;
    /** The sum of what is known. Left out: the cost of no job is known. */
    readonly costMicros?: QuotedRange;
    /** How many jobs are not in costMicros. */
    readonly unpricedJobs: number;
    /** When the first job would start. */
    readonly start: QuotedTimes;
    /** When the last job would end. */
    readonly end: QuotedTimes;
  };
}

export const quoteOf = ({ quotes, sum }: QuoteJobsResponse): Quote => ({
  quotes: quotes.map(jobQuoteOf),
  sum: {
    tokens: rangeOf(sum?.tokens),
    ...costOf(sum?.costMicros),
    unpricedJobs: sum?.unpricedJobs ?? 0,
    start: timesOf(sum?.start),
    end: timesOf(sum?.end),
  },
});

const jobQuoteOf = (message: JobQuoteMessage): JobQuote => ({
  inputTokens: rangeOf(message.inputTokens),
  outputTokens: rangeOf(message.outputTokens),
  tokens: rangeOf(message.tokens),
  ...costOf(message.costMicros),
  start: timesOf(message.start),
  end: timesOf(message.end),
  constraints: message.constraints.map(constraintOf),
  timeBasis: message.timeBasis,
  tokenBasis: message.tokenBasis,
  estimatedDocumentIds: message.estimatedDocumentIds,
});

const rangeOf = (message: QuotedRangeMessage | undefined): QuotedRange => ({
  low: Number(message?.low ?? 0n),
  likely: Number(message?.likely ?? 0n),
  high: Number(message?.high ?? 0n),
});

const costOf = (message: QuotedRangeMessage | undefined) =>
  message === undefined ? {} : { costMicros: rangeOf(message) };

const timesOf = (message: QuotedTimesMessage | undefined): QuotedTimes => ({
  ...(message?.low === undefined ? {} : { low: timestampDate(message.low) }),
  ...(message?.likely === undefined ? {} : { likely: timestampDate(message.likely) }),
  ...(message?.high === undefined ? {} : { high: timestampDate(message.high) }),
});
