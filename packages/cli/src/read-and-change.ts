import { MillraceError } from "@millrace/client";

/** How many tries a change has against changes of other operators. */
const ATTEMPTS = 5;

/**
 * Reads something and changes it (optimistic concurrency control). If another operator changes it in between,
 * reads and changes it again, so that no change is lost. `change` sends the etag of the version that it has read.
 */
export async function readAndChange<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change();
    } catch (error) {
      const again = error instanceof MillraceError && error.reason === "CHANGED_MEANWHILE";
      if (!again || attempt === ATTEMPTS) throw error;
    }
  }
}
