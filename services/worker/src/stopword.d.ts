declare module "stopword" {
  /** English words that carry no meaning of their own, in lower case. */
  export const eng: string[];
}
