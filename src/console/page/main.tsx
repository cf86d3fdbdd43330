/** The entry of the page. */
import { render } from 'preact';
import { Page } from './Page.tsx';
import './style.css';

const root = document.querySelector('#page');
if (root !== null) render(<Page />, root);
