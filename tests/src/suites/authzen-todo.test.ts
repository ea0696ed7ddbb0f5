import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { abacOf } from '../support/abac-world.js';
import { casesAbsent, readDecisions, readTodoSubjects } from '../support/authzen-cases.js';
import { createOrgWorld, type OrgWorld } from '../support/org-world.js';
import { relationsOf, useModel } from '../support/relations-world.js';

/**
 * AuthZEN's scenario "Todo": who may create is a relation to roles, who may change what is a policy over attributes, and
 * both together answer. The subjects are of another directory; older drafts name them by e-mail address.
 */
const ROLES = `model
  schema 1.1
type user
type role
  relations
    define assignee: [user]
type todo
  relations
    define can_create_todo: [role#assignee]
`;

const OWN = { subject: 'user.todo_email', operator: 'equals', value: '$resource.ownerID' };
const role = (...names: readonly string[]) => ({ subject: 'user.todo_roles', operator: 'in', value: names });

describe('AuthZEN interoperability scenario: Todo', () => {
  let org: OrgWorld;

  before(async () => {
    if (casesAbsent) return;
    org = await createOrgWorld('authzen-todo');
    const abac = abacOf(org);
    await abac.define('user', 'todo_email');
    await abac.define('user', 'todo_roles', { dataType: 'array' });
    for (const { id, email, roles } of readTodoSubjects()) {
      for (const name of [id, email]) {
        await abac.setUser(name, 'todo_email', email);
        await abac.setUser(name, 'todo_roles', roles);
      }
    }
    const policies = [
      ['user', 'can_read_user', {}],
      ['todo', 'can_read_todos', {}],
      ['todo', 'can_update_todo', { any: [role('evil_genius'), { all: [role('editor', 'admin'), OWN] }] }],
      ['todo', 'can_delete_todo', { any: [role('admin'), { all: [role('editor', 'evil_genius'), OWN] }] }],
    ] as const;
    for (const [resourceType, action, conditions] of policies)
      await abac.policy({ name: action, resourceType, action, conditions });

    await useModel(org, ROLES);
    const { write } = relationsOf(org);
    const editors = ['editor', 'admin', 'evil_genius'];
    await write(
      ...editors.map((name) => `todo:todo-1#can_create_todo@role:${name}#assignee`),
      ...readTodoSubjects().flatMap(({ id, email, roles }) =>
        roles.flatMap((name) => [id, email].map((user) => `role:${name}#assignee@user:${user}`)),
      ),
    );
  });

  const send = async (path: string, json: object) =>
    (await org.http.send('POST', path, { apiKey: org.apiKey, json })).expect(200).json();

  it('has decisions of every draft', { skip: casesAbsent }, () => {
    assert.equal(readDecisions().length, 4);
  });

  for (const { version, evaluation, evaluations } of casesAbsent ? [] : readDecisions()) {
    it(`${version}: ${evaluation.length} evaluations`, async () => {
      assert.ok(evaluation.length > 0);
      for (const { request, expected } of evaluation) {
        for (const path of [`${org.api}/access/v1/evaluation`, '/api/v1/authz/v1/evaluation']) {
          const answer = await send(path, request);
          assert.equal(answer.decision, expected, JSON.stringify({ request, answer }));
        }
      }
    });

    for (const [i, { request, expected }] of evaluations.entries()) {
      it(`${version}: evaluations ${i + 1}`, async () => {
        const { evaluations: answers } = (await send(`${org.api}/access/v1/evaluations`, request)) as {
          evaluations: readonly { decision: boolean }[];
        };
        assert.deepEqual(
          answers.map(({ decision }) => ({ decision })),
          expected,
        );
      });
    }
  }
});
