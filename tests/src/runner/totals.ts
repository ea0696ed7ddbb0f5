/** A test that failed, with everything that helps to find out why. */
export interface Failure {
  readonly part: string;
  readonly file: string;
  /** Names of the suites around it and its own. */
  readonly name: string;
  readonly text: string;
}

export interface Skip {
  readonly name: string;
  readonly reason: string;
}

/** What came of a part of the run. */
export interface PartResult {
  readonly part: string;
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly skips: readonly Skip[];
  readonly seconds: number;
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** @param noSkips where nothing may be left out (CI), a skip counts as a failure */
export function totalsOf(parts: readonly PartResult[], noSkips: boolean): Totals {
  const sum = (count: (part: PartResult) => number) => parts.reduce((total, part) => total + count(part), 0);
  const skipped = sum((part) => part.skips.length);
  const failed = sum((part) => part.failures.length);
  return { passed: sum((part) => part.passed), failed: noSkips ? failed + skipped : failed, skipped };
}

/** The last line of a run. */
export function lastLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** A run without any test proves nothing. */
export function exitCodeOf({ passed, failed }: Totals): number {
  return failed === 0 && passed > 0 ? 0 : 1;
}
