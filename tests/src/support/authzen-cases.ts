import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The decisions of AuthZEN's interoperability scenario "Todo", as its participants have to answer them. */

const FOLDER = new URL('../../../../shared/cases/authz/authzen/', import.meta.url);

/** Why the cases cannot run here; false where they can. */
export const casesAbsent: string | false = existsSync(fileURLToPath(FOLDER))
  ? false
  : 'the decisions of AuthZEN (../shared/cases/authz/authzen) are not here';

export interface TodoSubject {
  readonly id: string;
  readonly email: string;
  readonly roles: readonly string[];
}

export interface Evaluation {
  readonly request: object;
  readonly expected: boolean;
}

export interface Evaluations {
  readonly request: object;
  readonly expected: readonly { readonly decision: boolean }[];
}

export function readTodoSubjects(): readonly TodoSubject[] {
  return (read('todo-fixture.json') as { subjects: readonly TodoSubject[] }).subjects;
}

/** Of every version of the specification that has decisions. */
export function readDecisions(): readonly {
  readonly version: string;
  readonly evaluation: readonly Evaluation[];
  readonly evaluations: readonly Evaluations[];
}[] {
  return ['decisions', ...['00', '01', '02'].map((draft) => `decisions-authorization-api-1_0-${draft}`)].map(
    (version) => {
      const file = read(`authzen-todo-backend/test/${version}.json`) as {
        decisions?: readonly Evaluation[];
        evaluation?: readonly Evaluation[];
        evaluations?: readonly Evaluations[];
      };
      return { version, evaluation: file.evaluation ?? file.decisions ?? [], evaluations: file.evaluations ?? [] };
    },
  );
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, FOLDER), 'utf8'));
}
