import { sql } from 'kysely';
import type { DefinitionRecords } from '../policy-ports.js';
import type { Executor } from './paging.js';

const COLUMNS = [
  'id',
  'attribute_type as attributeType',
  'slug',
  'name',
  'description',
  'data_type as dataType',
  'validation_rules as validationRules',
  'default_value as defaultValue',
  'is_required as isRequired',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const;

export function createAttributeDefinitions(db: Executor): DefinitionRecords {
  const select = () => db.selectFrom('attribute_definitions').select(COLUMNS);
  return {
    definitions: () => select().orderBy('slug').orderBy('attribute_type').execute(),
    async definition(reference, type) {
      let matching = select().where((eb) => eb.or([eb('id', '=', reference), eb('slug', '=', reference)]));
      if (type !== undefined) matching = matching.where('attribute_type', '=', type);
      const rows = await matching
        .orderBy(sql`array_position(array['user', 'resource', 'environment'], attribute_type)`)
        .execute();
      return rows.find(({ id }) => id === reference) ?? rows[0];
    },
    insertDefinition({ id, attributeType, slug, name, description, dataType, ...rest }) {
      return db
        .insertInto('attribute_definitions')
        .values({
          id,
          attribute_type: attributeType,
          slug,
          name,
          description,
          data_type: dataType,
          validation_rules: json(rest.validationRules),
          default_value: json(rest.defaultValue),
          is_required: rest.isRequired,
        })
        .returning(COLUMNS)
        .executeTakeFirstOrThrow();
    },
    updateDefinition(id, { name, description, dataType, validationRules, defaultValue, isRequired }) {
      return db
        .updateTable('attribute_definitions')
        .set({
          ...(name !== undefined && { name }),
          ...(description !== undefined && { description }),
          ...(dataType !== undefined && { data_type: dataType }),
          ...(validationRules !== undefined && { validation_rules: json(validationRules) }),
          ...(defaultValue !== undefined && { default_value: json(defaultValue) }),
          ...(isRequired !== undefined && { is_required: isRequired }),
          updated_at: sql`now()`,
        })
        .where('id', '=', id)
        .returning(COLUMNS)
        .executeTakeFirstOrThrow();
    },
    async removeDefinition(id) {
      await db.deleteFrom('attribute_definitions').where('id', '=', id).execute();
    },
    async valueCount(id) {
      const { rows } = await sql<{ count: number }>`
        select ((select count(*) from user_attributes where definition_id = ${id})
              + (select count(*) from resource_attributes where definition_id = ${id}))::int as count
      `.execute(db);
      return rows[0]?.count ?? 0;
    },
  };
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
