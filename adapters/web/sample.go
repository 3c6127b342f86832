package web

// Sample is a channel of this kind in the configuration.
const Sample = `- name: site                   # a chat page: http://127.0.0.1:8080/web/site/
  kind: web
  # origins: ["https://shop.example"]   # pages that may hold the widget
`
