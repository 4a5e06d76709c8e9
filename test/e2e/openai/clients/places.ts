/** Models that the clients know by name, because some look up the length of the context in a list of their own. */
export const clientPlaces = "gpt-4o-mini=documents,text-embedding-3-small=documents:small";
