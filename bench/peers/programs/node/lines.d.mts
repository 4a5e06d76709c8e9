export interface Producer {
  add(count: number): Promise<unknown>;
  close(): Promise<unknown>;
}
export const payload: { readonly document: string; readonly note: string };
export function serveWorker(
  start: (done: () => void) => Promise<() => Promise<unknown>>,
): Promise<void>;
export function serveProducer(producer: Producer): Promise<void>;
