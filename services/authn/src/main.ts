import { runService } from '@lumo/service';
import { authn } from './authn.module.js';

await runService(authn);
