/** Models that the clients know by name, because some look up the length of the context in a list of their own. */
export const clientModels = { "gpt-4o-mini": "main", "text-embedding-3-small": "small" };
