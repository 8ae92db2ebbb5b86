import { ensure } from '../../app/base/assert.ts';
import { mount } from '../mount.tsx';
import { fakeClient } from './fake-client.ts';

mount(ensure(document.getElementById('root'), 'index.html has it'), fakeClient());
