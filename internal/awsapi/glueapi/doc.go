// Package glueapi holds the wire types of the AWS Glue operations that concern interactive
// sessions, their constraints, and the tables of operations and errors. Everything but this comment
// and the tests is generated from AWS's model.
//
// It has no behaviour: the dialect gives the operations their meaning. Every scalar is a pointer
// and nil means absent; an input that has passed Validate has no nil among its required members.
// Members that AWS's public model hides but its own clients use are added in tools/apigen, each
// with its reason.
package glueapi

//go:generate go run hearth/tools/apigen -service glue -out .
