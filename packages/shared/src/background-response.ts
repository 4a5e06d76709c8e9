/** What gateways and schedulers must call alike of responses of OpenAI's API, which jobs make. */

/** The label of a job whose response is made in the background. */
export const BACKGROUND_LABEL = "openai.background";

/** The type of the jobs that make responses. */
const RESPONSES_TYPE = "responses";

const PREFIX = "resp_";

/** The id of the response that a job makes. */
export const responseIdOf = (jobId: string): string => PREFIX + jobId;

/** The job of a response. Undefined for what is no response's id. */
export const jobIdOfResponse = (responseId: string): string | undefined =>
  responseId.startsWith(PREFIX) ? responseId.slice(PREFIX.length) : undefined;

/** Whether a job makes a response in the background. */
export const isBackgroundResponse = ({
  type,
  labels,
}: {
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
}): boolean => type === RESPONSES_TYPE && labels[BACKGROUND_LABEL] === "true";
