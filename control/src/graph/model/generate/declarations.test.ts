import { describe, expect, it } from 'vitest'
import { readDeclarations } from './declarations.ts'

describe('the declarations of Graph', () => {
  it('are interfaces, unions, namespaces and comments', () => {
    const { types, enums } = readDeclarations(`
      // Project: https://example.org
      export as namespace microsoftgraph;
      export type NullableOption<T> = T | null;
      export type Colour = "red" | "0001";
      // tslint:disable-next-line: no-empty-interface
      export interface Leaf extends Tree {}
      export interface Tree extends Entity {
        /**
         * How tall it
         * is.
         */
        height?: NullableOption<number>;
        // Its leaves; see {@link Leaf}.
        leaves?: NullableOption<WoodNamespace.Leaf[]>;
        "odd-name"?: Colour[];
      }
      export interface Entity { id: string; }
      export namespace WoodNamespace {
        interface Leaf extends microsoftgraph.Entity { tree?: Tree; twin?: Leaf; }
      }`)
    expect(enums).toEqual(new Map([['colour', ['red', '0001']]]))
    expect([...types.keys()]).toEqual(['leaf', 'tree', 'entity', 'wood.leaf'])
    expect(types.get('leaf')).toEqual({ name: 'leaf', base: 'tree', properties: [] })
    expect(types.get('tree')?.properties).toEqual([
      { name: 'height', type: 'number', collection: false, nullable: true, comment: 'How tall it is.' },
      { name: 'leaves', type: 'wood.leaf', collection: true, nullable: true, comment: 'Its leaves; see {@link Leaf}.' },
      { name: 'odd-name', type: 'colour', collection: true, nullable: false, comment: '' },
    ])
    // A name within a namespace is its own first, and one outside otherwise.
    expect(types.get('wood.leaf')?.base).toBe('entity')
    expect(types.get('wood.leaf')?.properties.map(({ type }) => type)).toEqual(['tree', 'wood.leaf'])
  })

  it.each(['class X {}', 'interface X { id string; }', 'interface X extends Y id'])(
    'refuse what they do not know: %s',
    (text) => {
      expect(() => readDeclarations(text)).toThrow('in the declarations of Graph')
    },
  )
})
