package web

import "github.com/xianda-bot/xianda/adapters"

// Kind is this messenger as adapters/all lists it.
func Kind() adapters.Kind {
	return adapters.Kind{
		New: New, Title: "a chat page of our own, and a widget for other pages", Receives: "POST, server-sent events",
		Spoken: "网页", Sample: sample, Section: Section{},
	}
}

// sample is a channel of this kind in the configuration.
const sample = `- name: site                   # a chat page: http://127.0.0.1:8080/web/site/
  kind: web
  # url: https://your.host/web/site/   # where people reach it: for xianda channel link
  # origins: ["https://shop.example"]   # pages that may hold the widget
`
