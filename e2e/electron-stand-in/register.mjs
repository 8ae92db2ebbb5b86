// Loaded before the main bundle: "electron" is the stand-in.
import { register } from 'node:module';

register('./resolve.mjs', import.meta.url);
