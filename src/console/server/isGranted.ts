/** Whether somebody may ask for a route at all, by the table of routes and his grants alone. */
import { mayDo, mayDoEverywhere } from '../../domain/console/roles.ts';
import { mayToAllApps } from '../../domain/console/scope.ts';
import type { Principal } from './handlers.ts';
import type { MatchedRoute } from './matchRoute.ts';

/** Of what a handler itself checks (`each`): that there is anything at all. */
export function isGranted(
  { route, path }: Omit<MatchedRoute, 'name'>,
  { grants }: Principal,
): boolean {
  const { role, about } = route;
  if (role === 'anyone' || role === 'user') return true;
  const { app, host } = path;
  switch (about) {
    case 'nothing':
    case 'somewhere':
      return mayDo(grants, role);
    case 'everywhere':
      return mayDoEverywhere(grants, role);
    case 'each':
      return mayDo(grants, role, app === undefined ? {} : { app });
    case 'app':
      return app !== undefined && mayDo(grants, role, { app });
    case 'host':
      return host !== undefined && mayToAllApps(grants, role, host);
    case 'place':
      return app !== undefined && host !== undefined && mayDo(grants, role, { app, host });
    default:
      return about satisfies never;
  }
}
