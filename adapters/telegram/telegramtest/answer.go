package telegramtest

import (
	"encoding/json"
	"io"
	"net/http"
)

// answer is how a call is answered.
type answer struct {
	code   int // 0: it succeeded
	text   string
	more   map[string]any // parameters
	result any
	page   string // no answer of the API's
	lost   bool   // the connection is lost instead
}

func (a answer) write(w http.ResponseWriter, r *http.Request) {
	switch {
	case a.lost:
		if h, ok := w.(http.Hijacker); ok {
			if c, _, err := h.Hijack(); err == nil {
				_ = c.Close() // that is the point
				return
			}
		}
		<-r.Context().Done() // in memory: no answer ever
	case a.page != "":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(a.code)
		_, _ = io.WriteString(w, a.page) // whoever asked may have gone
	case a.code != 0:
		refuse(w, a.code, a.text, a.more)
	default:
		grant(w, a.result)
	}
}

func grant(w http.ResponseWriter, result any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": result}) // whoever asked may have gone
}

func refuse(w http.ResponseWriter, code int, text string, more map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	body := map[string]any{"ok": false, "error_code": code, "description": text}
	if more != nil {
		body["parameters"] = more
	}
	_ = json.NewEncoder(w).Encode(body) // whoever asked may have gone
}

func bad(text string) answer {
	return answer{code: http.StatusBadRequest, text: "Bad Request: " + text}
}
