// Package house holds the rules of the house that no compiler checks: which package may import
// which and why, that every package says what it is for, that pages which list something list all
// of it, that tracked files name no machine and no registry, and that the pins in go.mod agree.
//
// It is read by `go test` alone; nothing imports it. A new rule is one entry in a table with the
// reason beside it, because a rule without a reason is broken by the first person in a hurry.
package house
