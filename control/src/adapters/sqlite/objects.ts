import type { GraphObject, GraphObjects } from '../../app/ports.ts'
import type { Database } from './database.ts'
import { bodies, upsertSql } from './rows.ts'

const UPSERT = upsertSql('graph_object', ['collection', 'id'], ['collection', 'id'])

export function objects(database: Database): GraphObjects {
  return {
    get: async (collection, id) =>
      bodies<GraphObject>(
        database.all('SELECT body FROM graph_object WHERE collection = ? AND id = ?', collection, id),
      )[0],
    list: async (collection) =>
      bodies<GraphObject>(
        database.all('SELECT body FROM graph_object WHERE collection = ? ORDER BY position', collection),
      ),
    put: async (collection, written) => {
      for (const object of written) database.run(UPSERT, collection, object.id, JSON.stringify(object))
    },
    delete: async (collection, id) => {
      const below = `${collection}/${id}/`
      // Every path that begins with it: `0` is the character after `/`.
      database.run('DELETE FROM graph_object WHERE collection >= ? AND collection < ?', below, `${collection}/${id}0`)
      return database.run('DELETE FROM graph_object WHERE collection = ? AND id = ?', collection, id) > 0
    },
  }
}
