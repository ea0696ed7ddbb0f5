import { sql } from 'kysely';
import type { AttributeBag } from '../core/abac/attribute-value.js';
import type { Policy } from '../core/abac/policy.js';
import { DEFAULT_DECISION_SETTINGS, type DecisionSettings } from '../core/decision/combination.js';
import type { AttributeDefinition, PolicySource } from '../policy-ports.js';
import { CURRENT_ORG } from './graph-revision.js';
import type { Executor } from './paging.js';

/** Where the policy data of the org is, beside whatever a statement reads. */
const MARKS = sql`
  coalesce((select revision from graph_revisions where org = ${CURRENT_ORG}), 0) as revision,
  coalesce((select policies_at from graph_revisions where org = ${CURRENT_ORG}), 0) as at,
  coalesce((select version from policy_states), 0) as version
`;

interface Marks {
  readonly revision: number;
  readonly at: number;
  readonly version: number;
}

type StoredDefinition = Omit<AttributeDefinition, 'createdAt' | 'updatedAt'> & {
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** Each method is one statement, hence one snapshot: rows and the marks they belong to cannot disagree. */
export function createPolicySource(db: Executor): PolicySource {
  return {
    async loadPolicies() {
      const { rows } = await sql<
        Marks & {
          readonly settings: DecisionSettings | null;
          readonly policies: readonly Policy[];
          readonly definitions: readonly StoredDefinition[];
        }
      >`
        select ${MARKS},
          (select json_build_object('combination', combination, 'engines', engines, 'timeZone', time_zone)
             from policy_states) as settings,
          (select coalesce(json_agg(json_build_object('id', id, 'slug', slug, 'name', name, 'resourceType', resource_type,
                  'action', action, 'effect', effect, 'priority', priority, 'conditions', conditions)), '[]')
             from policies where is_active) as policies,
          (select coalesce(json_agg(json_build_object('id', id, 'attributeType', attribute_type, 'slug', slug, 'name', name,
                  'description', description, 'dataType', data_type, 'validationRules', validation_rules,
                  'defaultValue', default_value, 'isRequired', is_required, 'createdAt', created_at,
                  'updatedAt', updated_at) order by slug, attribute_type), '[]')
             from attribute_definitions) as definitions
      `.execute(db);
      const [row] = rows;
      if (!row) throw new Error('a statement without a from clause has one row');
      return {
        ...row,
        settings: row.settings ?? DEFAULT_DECISION_SETTINGS,
        definitions: row.definitions.map((definition) => ({
          ...definition,
          createdAt: new Date(definition.createdAt),
          updatedAt: new Date(definition.updatedAt),
        })),
      };
    },

    async policyMarks() {
      const { rows } = await sql<Marks>`select ${MARKS}`.execute(db);
      return rows[0] ?? { revision: 0, at: 0, version: 0 };
    },

    async readAttributes(owners) {
      const { rows } = await sql<Marks & { readonly facts: AttributeBag | null; readonly values: AttributeBag | null }>`
        select ${MARKS},
          case when asked.kind = 'user' and asked.type = 'user' then (
            select facts || jsonb_strip_nulls(jsonb_build_object('email', email, 'username', username, 'name', name))
              from people where people.id = asked.id and deleted_at is null
          ) end as facts,
          case when asked.kind = 'user' then (
            select jsonb_object_agg(d.slug, v.value) from user_attributes v
              join attribute_definitions d on d.org_id = v.org_id and d.id = v.definition_id
             where v.subject_type = asked.type and v.subject_id = asked.id
          ) else (
            select jsonb_object_agg(d.slug, v.value) from resource_attributes v
              join attribute_definitions d on d.org_id = v.org_id and d.id = v.definition_id
             where v.resource_type = asked.type and v.resource_id = asked.id
          ) end as values
        from unnest(${owners.map(({ kind }) => kind)}::text[], ${owners.map(({ type }) => type)}::text[],
                    ${owners.map(({ id }) => id)}::text[]) with ordinality as asked (kind, type, id, place)
        order by asked.place
      `.execute(db);
      const { at = 0, version = 0 } = rows[0] ?? {};
      return { at, version, owners: rows.map(({ facts, values }) => ({ facts: facts ?? {}, values: values ?? {} })) };
    },

    async knownSubjects(type, { after = '', limit, sources }) {
      const store = storeNumber(sources.storeId);
      // Text between `type:` and `type;` begins with `type:`; usersets and everybody are no subjects of their own.
      const [prefix, end] = [`${type}:`, `${type};`];
      const { rows } = await sql<{ id: string }>`
        select id from (
          (select id collate "C" as id from people
            where ${sources.people} and ${type} = 'user' and deleted_at is null and id collate "C" > ${after}
            order by 1 limit ${limit})
          union
          (select distinct subject_id from user_attributes
            where ${sources.attributes} and subject_type = ${type} and subject_id > ${after} order by 1 limit ${limit})
          union
          (select distinct subject_id collate "C" from role_assignments
            where ${sources.roles} and subject_type = ${type} and subject_id collate "C" > ${after} order by 1 limit ${limit})
          union
          (select distinct subject_id collate "C" from permission_grants
            where ${sources.roles} and subject_type = ${type} and subject_id collate "C" > ${after} order by 1 limit ${limit})
          union
          (select distinct substr(subject, ${prefix.length + 1}) collate "C" from relation_tuples
            where ${sources.tuples} and store = (${store}) and subject > ${`${prefix}${after}`} and subject < ${end}
              and position('#' in subject) = 0 and subject <> ${`${prefix}*`} order by 1 limit ${limit})
        ) known order by id collate "C" limit ${limit}
      `.execute(db);
      return rows.map(({ id }) => id);
    },

    async knownResources(type, { after = '', limit, sources }) {
      const { rows } = await sql<{ id: string }>`
        select id from (
          (select distinct resource_id as id from resource_attributes
            where ${sources.attributes} and resource_type = ${type} and resource_id > ${after} order by 1 limit ${limit})
          union
          (select distinct object_id from relation_tuples
            where ${sources.tuples} and store = (${storeNumber(sources.storeId)}) and object_type = ${type}
              and object_id > ${after} order by 1 limit ${limit})
        ) known order by id collate "C" limit ${limit}
      `.execute(db);
      return rows.map(({ id }) => id);
    },
  };
}

function storeNumber(storeId: string) {
  return sql`select number from relation_stores where id = ${storeId} and deleted_at is null`;
}
