package config

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema is a JSON Schema of the file for editors (`# yaml-language-server: $schema=xianda.schema.json`). Of a channel it knows the keys
// of the kinds that are built in and lets others pass: their owner checks them.
func Schema() []byte { return slices.Clone(schema) }
