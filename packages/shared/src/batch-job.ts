/** What gateways, schedulers and workers must call alike of batches of OpenAI's API, which jobs are. */

/** The type of the job that is a batch. The gateway writes its payload, and reads its result. */
export const BATCH_TYPE = "batches";

/** What the id of a batch has before that of its job. */
export const BATCH_ID_PREFIX = "batch_";

/** The id of the batch that a job is. */
export const batchIdOf = (jobId: string): string => BATCH_ID_PREFIX + jobId;
