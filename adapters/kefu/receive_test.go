package kefu

import (
	"net/http"
	"net/http/httptest"
)

func serve(door http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w
}
