/** The types of events that callers receive, by what they are about. `webhook.test` is sent on request only. */
const ends = ["succeeded", "failed", "cancelled", "expired"] as const;
const subjects = ["job", "group"] as const;

/**
 * The types of events of OpenAI's API, and the ends of jobs that they tell of. Only endpoints and callbacks that name them receive
 * them, because each such end is an event of its job already.
 */
const ofOpenAi: Readonly<Record<string, readonly string[]>> = {
  "response.completed": ["job.succeeded"],
  "response.failed": ["job.failed", "job.expired"],
  "response.cancelled": ["job.cancelled"],
  // The model stopped at its limit, so its job has succeeded.
  "response.incomplete": ["job.succeeded"],
  // The result of a batch says how it ended. If its job has not succeeded, there is no result.
  "batch.completed": ["job.succeeded"],
  "batch.failed": ["job.succeeded", "job.failed"],
  "batch.expired": ["job.succeeded", "job.expired"],
  "batch.cancelled": ["job.succeeded", "job.cancelled"],
};

const typesOf = (subject: "response" | "batch"): readonly string[] =>
  Object.keys(ofOpenAi).filter((type) => type.startsWith(`${subject}.`));

/** What a caller may name as types of events: each type, and `job.*` for all of one kind. */
export const webhookEventTypes: readonly string[] = [
  ...subjects.flatMap((subject) => [`${subject}.*`, ...ends.map((end) => `${subject}.${end}`)]),
  ...["response.*", ...typesOf("response"), "batch.*", ...typesOf("batch")],
];

/** The ends of jobs and groups that must be recorded for a type of events that a caller has named. */
export const endsFor = (wanted: string): readonly string[] =>
  wanted === "response.*" || wanted === "batch.*" ? ["job.*"] : (ofOpenAi[wanted] ?? [wanted]);

/** The type of the event that endpoints of operators receive: a job has failed for good. */
export const DEAD_LETTER_TYPE = "job.dead_lettered";

/** The type of the event that SendTestEvent sends. Endpoints receive it whatever types they name. */
export const WEBHOOK_TEST_TYPE = "webhook.test";

/** Whether an endpoint that names these types of events receives an event of `type`. No types: all, but those of OpenAI's API. */
export const matchesEventTypes = (wanted: readonly string[], type: string): boolean =>
  (wanted.length === 0 && ofOpenAi[type] === undefined) ||
  wanted.includes(type) ||
  wanted.includes(`${type.slice(0, type.indexOf("."))}.*`);
