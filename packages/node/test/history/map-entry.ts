/** What a map has under `key`, made if there is nothing yet. */
export function mapEntry <K, V> (map: { get (key: K): V | undefined, set (key: K, value: V): unknown }, key: K, make: () => V): V {
  const known = map.get(key)

  if (known != null) {
    return known
  }

  const made = make()
  map.set(key, made)

  return made
}
