/** Where one of several files that run at the same time writes its progress. */
export interface Pane {
  write(text: string): void;
  close(): void;
}

/** Shows one pane live and keeps the others back until it is closed, so that the lines of two files never mix. */
export function createScreen(write: (text: string) => void): { open(): Pane } {
  interface Waiting {
    text: string;
    closed: boolean;
  }
  const queue: Waiting[] = [];

  const advance = (): void => {
    while (queue[0]?.closed) {
      queue.shift();
      const next = queue[0];
      if (next) {
        write(next.text);
        next.text = '';
      }
    }
  };

  return {
    open() {
      const pane: Waiting = { text: '', closed: false };
      queue.push(pane);
      return {
        write(text) {
          if (queue[0] === pane) write(text);
          else pane.text += text;
        },
        close() {
          pane.closed = true;
          advance();
        },
      };
    },
  };
}
