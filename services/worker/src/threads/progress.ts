/** Called with how much of a task is done. */
export type Progress = (done: number, total: number) => void;
