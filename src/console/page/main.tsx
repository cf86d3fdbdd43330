/** The entry of the page. */
import { render } from 'preact';
import { keepLive } from './core/live.ts';
import { keepPreferences } from './core/preferences.ts';
import { hearKeys } from './core/shortcuts.ts';
import { keepAlarm } from './fleet/alarm.ts';
import { Page } from './Page.tsx';
import { keepSession } from './session/keepSession.ts';
import { returnToPlace } from './session/returning.ts';
import './style.css';

keepPreferences();
keepLive();
keepAlarm();
hearKeys();
returnToPlace();
keepSession();

const setUp = /^#set-up=(.+)$/.exec(location.hash)?.[1] ?? '';
// A token does not stay in the address, nor in the history of the browser.
if (setUp !== '') history.replaceState(null, '', location.pathname + location.search);

const root = document.querySelector('#page');
if (root !== null) render(<Page setUpToken={setUp} />, root);
