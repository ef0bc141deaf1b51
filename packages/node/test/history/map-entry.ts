/** What a map has under `key`, made if there is nothing yet. */
export function mapEntry <K, V> (map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)

  if (known != null) {
    return known
  }

  const made = make()
  map.set(key, made)

  return made
}
