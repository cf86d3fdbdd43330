/** The way in by an OpenID provider. */
export type OidcWay = object;
