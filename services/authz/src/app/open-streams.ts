/** Answers that go on until they are told to end: the service ends them before it lets go of its connections. */
export interface OpenStreams {
  /** A signal that comes after this time, with the end of the service, or with `close`, whichever is first. */
  open(maxMs: number): { readonly signal: AbortSignal; close(): void };
  endAll(): void;
}

export function createOpenStreams(): OpenStreams {
  const controllers = new Set<AbortController>();
  return {
    open(maxMs) {
      const controller = new AbortController();
      const timer = setTimeout(() => close(), maxMs);
      timer.unref();
      const close = (): void => {
        clearTimeout(timer);
        controllers.delete(controller);
        controller.abort();
      };
      controllers.add(controller);
      return { signal: controller.signal, close };
    },
    endAll() {
      for (const controller of controllers) controller.abort();
      controllers.clear();
    },
  };
}
