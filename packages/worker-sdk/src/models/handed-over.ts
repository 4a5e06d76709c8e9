/**
 * Turns a function that passes pieces to a callback into pieces to loop over. The function goes on when the loop asks for the next
 * piece. `onEnd` gets what the function returned. If the loop ends early, the function's signal aborts, and the loop waits for
 * the function's end.
 */
export async function* handedOver<Piece, Result>(
  run: (piece: (value: Piece) => Promise<void>, signal: AbortSignal) => Promise<Result>,
  onEnd: (result: Result) => void,
): AsyncGenerator<Piece, void> {
  const stop = new AbortController();
  let offered: { readonly value: Piece; readonly taken: () => void } | undefined;
  let ended = false;
  let wake: () => void = () => undefined;
  const offer = (value: Piece) =>
    new Promise<void>((taken) => {
      if (stop.signal.aborted) return taken();
      offered = { value, taken };
      wake();
    });
  const running = run(offer, stop.signal).finally(() => {
    ended = true;
    wake();
  });
  running.catch(() => undefined);
  try {
    while (!ended || offered !== undefined) {
      const piece = offered;
      if (piece === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      yield piece.value;
      offered = undefined;
      piece.taken();
    }
    onEnd(await running);
  } finally {
    stop.abort();
    offered?.taken();
    await running.catch(() => undefined);
  }
}
