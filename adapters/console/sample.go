package console

// Title and Receives describe the messenger in the table of messengers.
const (
	Title    = "this terminal"
	Receives = "lines of standard input"
)

// Sample is a channel of this kind in the configuration.
const Sample = `- name: term                   # this terminal
  kind: console
`
