import { z } from "zod";
import { setting } from "./load-config.ts";

const isOrigin = (text: string): boolean => text === "*" || URL.parse(text)?.origin === text;

/** A setting that lists the origins of web pages, separated by commas; `*` means all. Default: none. */
export const originsSetting = (env: string, doc: string) =>
  setting(
    env,
    z
      .string()
      .default("")
      .transform((text) => text.split(",").map((origin) => origin.trim()))
      .transform((origins) => origins.filter((origin) => origin !== ""))
      .pipe(
        z.array(
          z
            .string()
            .refine(
              isOrigin,
              "must be a comma-separated list of origins such as https://app.example",
            ),
        ),
      ),
    doc,
  );
