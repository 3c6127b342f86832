package console

// Sample is a channel of this kind in the configuration.
const Sample = `- name: term                   # this terminal
  kind: console
`
