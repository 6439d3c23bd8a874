package spark

import "slices"

// KnownNamespace reports whether the policy knows a namespace of Spark's.
func KnownNamespace(word string) bool { return slices.Contains(sparkNamespaces, word) }

// Get returns the value of a key, "" if it is not set.
func (p Properties) Get(key string) string {
	i := slices.IndexFunc(p, func(a Property) bool { return a.Key == key })
	if i < 0 {
		return ""
	}
	return p[i].Value
}
