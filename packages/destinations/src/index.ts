export { type AllowedDestination, parseAllowedDestinations } from "./allowed-destinations.ts";
export { DestinationRefused, destinationLookup } from "./destination-lookup.ts";
export { DestinationPolicy, type UrlVerdict } from "./destination-policy.ts";
export { dnsResolver, type Resolve, systemResolver } from "./resolve.ts";
