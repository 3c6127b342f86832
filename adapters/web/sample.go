package web

// Title and Receives describe the messenger in the table of messengers.
const (
	Title    = "a chat page of our own, and a widget for other pages"
	Receives = "POST, server-sent events"
)

// Sample is a channel of this kind in the configuration.
const Sample = `- name: site                   # a chat page: http://127.0.0.1:8080/web/site/
  kind: web
  # url: https://your.host/web/site/   # where people reach it: for xianda channel link
  # origins: ["https://shop.example"]   # pages that may hold the widget
`
