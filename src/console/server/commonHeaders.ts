/** The headers that every answer of the console has, of the page and of its routes. */
import type { ServerResponse } from 'node:http';

export function setCommonHeaders(response: ServerResponse, isSecure: boolean): void {
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('permissions-policy', 'camera=(), geolocation=(), microphone=()');
  response.setHeader('x-frame-options', 'DENY');
  if (isSecure) response.setHeader('strict-transport-security', 'max-age=31536000');
}
