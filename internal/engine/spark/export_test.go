package spark

import "slices"

// KnownNamespace tells tests whether the policy knows a namespace of Spark's.
func KnownNamespace(word string) bool { return slices.Contains(sparkNamespaces, word) }
