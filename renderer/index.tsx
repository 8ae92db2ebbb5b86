import { ensure } from '../app/base/assert.ts';
import { reachSession } from './api.ts';
import { mount } from './mount.tsx';

mount(ensure(document.getElementById('root'), 'index.html has it'), reachSession());
