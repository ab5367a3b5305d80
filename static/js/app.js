// @ts-check
// Everything here saves a reload or a reach for the mouse; every page works
// without it.

import { showKeys, startKeys } from './keys.js';
import { showCopy, startForms } from './forms.js';
import { startTail } from './tail.js';

startKeys();
startForms();
startTail();
// What htmx puts in the place of another part is to work as that did.
document.addEventListener('htmx:after:swap', () => {
  showKeys();
  showCopy();
  startTail();
});
