import { asStoreFault } from "./s3-faults.ts";

/** Runs requests of a server. Throws DocumentStoreFault only. */
export async function orFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStoreFault(error);
  }
}

/** Undefined if what the requests are about is not there. */
export const ifThere = <T>(work: () => Promise<T>): Promise<T | undefined> =>
  orFault(async () => {
    try {
      return await work();
    } catch (error) {
      const { name } = error as Error;
      if (["NoSuchKey", "NotFound", "NoSuchUpload"].includes(name)) return undefined;
      throw error;
    }
  });
