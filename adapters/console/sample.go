package console

import "github.com/xianda-bot/xianda/adapters"

// Kind is this messenger as adapters/all lists it.
func Kind() adapters.Kind {
	return adapters.Kind{
		New: New, Title: "this terminal", Receives: "lines of standard input",
		Spoken: "终端", Sample: sample, Section: Section{},
	}
}

// sample is a channel of this kind in the configuration.
const sample = `- name: term                   # this terminal
  kind: console
`
