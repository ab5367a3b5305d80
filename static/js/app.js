// @ts-check
// Everything here saves a reload or a reach for the mouse; every page works
// without it.

import { startKeys } from './keys.js';
import { startForms } from './forms.js';
import { startTail } from './tail.js';

startKeys();
startForms();
startTail();
