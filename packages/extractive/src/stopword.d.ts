declare module "stopword" {
  /** English stop words, in lower case. */
  export const eng: string[];
}
