import { MillraceError } from "@millrace/client";

/** How often another may come first before that is told. */
const ATTEMPTS = 5;

/**
 * Reads something and changes it, again whenever another operator has changed it in between: so that neither
 * undoes what the other did. `change` shows the etag of what it has read.
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
