import { DomainError } from '@lumo/kit';
import { type ModelProblem, problemText } from '../../core/rebac/model-problem.js';

const PROBLEMS_TOLD = 100;

/**
 * Refuses a model with what is wrong in it: sentences for people, and in lists of the same order the code and the place of
 * each for editors and scripts.
 */
export function invalidModel(all: readonly ModelProblem[]): DomainError {
  const problems = all.slice(0, PROBLEMS_TOLD);
  const texts = problems.map(problemText);
  return new DomainError('invalid', 'invalid_model', `The model is refused. ${texts[0] ?? ''}`, {
    details: { problems: texts, codes: problems.map(({ code }) => code), places: problems.map(placeOf) },
  });
}

/** `file:line:column` as compilers write it; empty where the model did not come as text. */
function placeOf({ file, line, column }: ModelProblem): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}
