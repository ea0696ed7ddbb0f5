import { runProcess } from '@lumo/service';
import { startStandalone } from './start-standalone.js';

await runProcess('standalone', startStandalone);
