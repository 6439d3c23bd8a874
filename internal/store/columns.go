package store

import (
	"database/sql"
	"database/sql/driver"
	"strconv"
	"strings"
)

// column is one column of a table of T: its name and the field that it holds.
type column[T any] struct {
	name string
	of   func(*T) field
}

// field reads and writes the value of one column.
type field interface {
	sql.Scanner
	driver.Valuer
}

// columnNames lists the names of columns as a query does.
func columnNames[T any](columns []column[T]) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.name
	}
	return strings.Join(all, ", ")
}

// placeholders are those of n arguments: $1 to $n.
func placeholders(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = placeholder(i + 1)
	}
	return strings.Join(all, ", ")
}

func placeholder(n int) string { return "$" + strconv.Itoa(n) }

// assignments sets every column to an argument, from $1 on.
func assignments[T any](columns []column[T]) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.name + " = " + placeholder(i+1)
	}
	return strings.Join(all, ", ")
}

// values are the arguments that write the columns of v.
func values[T any](columns []column[T], v *T) []any {
	all := make([]any, len(columns))
	for i, c := range columns {
		all[i] = c.of(v)
	}
	return all
}

// scanRow returns a function that reads rows of these columns.
func scanRow[T any](columns []column[T]) func(scanner) (T, error) {
	return func(row scanner) (T, error) {
		var v T
		args := make([]any, len(columns))
		for i, c := range columns {
			args[i] = readable{c.of(&v)}
		}
		err := row.Scan(args...)
		return v, err
	}
}

// readable is a field whose errors of reading are of type *unreadable.
type readable struct{ field }

func (r readable) Scan(v any) error {
	if err := r.field.Scan(v); err != nil {
		return &unreadable{err}
	}
	return nil
}

// unreadable is the error of a stored value that cannot be read. Neither the database nor another
// row has to do with it.
type unreadable struct{ err error }

func (u *unreadable) Error() string { return u.err.Error() }

func (u *unreadable) Unwrap() error { return u.err }
