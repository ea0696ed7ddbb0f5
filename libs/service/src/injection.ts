/** Injection token of a service's app: `constructor(@Inject(APP) private readonly app: AuthzApp)`. */
export const APP = Symbol('lumo:app');
