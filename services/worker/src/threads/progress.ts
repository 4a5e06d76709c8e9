/** Told how far a task has come. */
export type Progress = (done: number, total: number) => void;
