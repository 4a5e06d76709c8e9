/** The types of events that callers receive, by what they are about. `webhook.test` is sent on request only. */
const ends = ["succeeded", "failed", "cancelled", "expired"] as const;
const subjects = ["job", "group"] as const;

/** What a caller may name as types of events: each type, and `job.*` for all of one kind. */
export const webhookEventTypes: readonly string[] = subjects.flatMap((subject) => [
  `${subject}.*`,
  ...ends.map((end) => `${subject}.${end}`),
]);

/** The type of the event that endpoints of operators receive: a job has failed for good. */
export const DEAD_LETTER_TYPE = "job.dead_lettered";

/** The type of the event that SendTestEvent sends. Endpoints receive it whatever types they name. */
export const WEBHOOK_TEST_TYPE = "webhook.test";

/** Whether an endpoint that names these types of events receives an event of `type`. No types: it receives all. */
export const matchesEventTypes = (wanted: readonly string[], type: string): boolean =>
  wanted.length === 0 ||
  wanted.includes(type) ||
  wanted.includes(`${type.slice(0, type.indexOf("."))}.*`);
