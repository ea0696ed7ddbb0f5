const undos = new Set<() => void>();

/** Runs `undo` when this process ends, however it ends short of a kill; returns what forgets it again. */
export function atExit(undo: () => void): () => void {
  if (undos.size === 0) process.on('exit', runAll);
  undos.add(undo);
  return () => {
    undos.delete(undo);
    if (undos.size === 0) process.off('exit', runAll);
  };
}

/** The last thing that was begun ends first. */
function runAll(): void {
  for (const undo of [...undos].reverse()) undo();
}
