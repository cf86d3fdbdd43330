/**
 * What of openid-client is used here, and nothing else: the build puts the library itself in place of
 * this file (src/console/build.js), so that who installs the package needs none. It is loaded only
 * where an OpenID provider is set up.
 */
export {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  Configuration,
  discovery,
  enableNonRepudiationChecks,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
