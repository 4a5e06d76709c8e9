/** The types of events that callers receive, by what they are about. `webhook.test` is sent on request only. */
const ends = ["succeeded", "failed", "cancelled", "expired"] as const;
const subjects = ["job", "group"] as const;

/**
 * The types of events of OpenAI's API, and the ends of jobs that they tell of. Only endpoints and callbacks that name them receive
 * them, because each such end is an event of its job already.
 */
const ofResponses: Readonly<Record<string, readonly string[]>> = {
  "response.completed": ["job.succeeded"],
  "response.failed": ["job.failed", "job.expired"],
  "response.cancelled": ["job.cancelled"],
  // The model stopped at its limit, so its job has succeeded.
  "response.incomplete": ["job.succeeded"],
};

export const responseEventTypes: readonly string[] = Object.keys(ofResponses);

/** What a caller may name as types of events: each type, and `job.*` for all of one kind. */
export const webhookEventTypes: readonly string[] = [
  ...subjects.flatMap((subject) => [`${subject}.*`, ...ends.map((end) => `${subject}.${end}`)]),
  ...["response.*", ...responseEventTypes],
];

/** The ends of jobs and groups that must be recorded for a type of events that a caller has named. */
export const endsFor = (wanted: string): readonly string[] =>
  wanted === "response.*" ? ["job.*"] : (ofResponses[wanted] ?? [wanted]);

/** The type of the event that endpoints of operators receive: a job has failed for good. */
export const DEAD_LETTER_TYPE = "job.dead_lettered";

/** The type of the event that SendTestEvent sends. Endpoints receive it whatever types they name. */
export const WEBHOOK_TEST_TYPE = "webhook.test";

/** Whether an endpoint that names these types of events receives an event of `type`. No types: all, but those of OpenAI's API. */
export const matchesEventTypes = (wanted: readonly string[], type: string): boolean =>
  (wanted.length === 0 && ofResponses[type] === undefined) ||
  wanted.includes(type) ||
  wanted.includes(`${type.slice(0, type.indexOf("."))}.*`);
